"""The project's own inner loop in plain processes: Spark and the program left out."""

import functools
import sys
from pathlib import Path

from benchmarks.contenders.limit import Featurize
from benchmarks.contenders.limit import main as run
from fruit_features.backbone.inference import FeatureExtractor

MAX_PIXELS = 50_000_000


def own(model: bytes) -> Featurize:
    """Prepare what the project's workers do with a batch."""
    return functools.partial(FeatureExtractor(model).extract, max_pixels=MAX_PIXELS)


if __name__ == "__main__":
    run(*map(Path, sys.argv[1:]), prepare=own)
