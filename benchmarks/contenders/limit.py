"""The machine's limit: decode, resize and LiteRT in plain processes, nothing else."""

import json
import multiprocessing
import sys
import time
from pathlib import Path

from benchmarks.machine import cores
from benchmarks.stamps import note
from fruit_features.backbone.inference import extractor_of_process

BATCH = 64
MAX_PIXELS = 50_000_000


def main(images: Path, model: Path, work: Path) -> None:
    """Featurize every image, one process a core, and write no features."""
    begin = time.monotonic()
    paths = [str(path) for path in sorted(images.rglob("*.jpg"))]
    batches = [paths[start : start + BATCH] for start in range(0, len(paths), BATCH)]
    context = multiprocessing.get_context("spawn")
    with context.Pool(cores(), _prepare, (model, work)) as pool:
        images_done = sum(pool.imap_unordered(_featurize, batches))
        end = time.monotonic()
    result = {"images": images_done, "passes": [[begin, end]]}
    (work / "result.json").write_text(json.dumps(result))


def _prepare(model: Path, work: Path) -> None:
    global _model, _stamps  # noqa: PLW0603
    _model, _stamps = model.read_bytes(), str(work / "stamps")


def _featurize(paths: list[str]) -> int:
    extractor = extractor_of_process("limit", _model)
    for path in paths:
        extractor.extract(Path(path).read_bytes(), MAX_PIXELS)
    note(_stamps, len(paths))
    return len(paths)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
