"""The machine's limit: decode, resize and LiteRT in plain processes, nothing else."""

import json
import multiprocessing
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.contenders.plain import PlainExtractor
from benchmarks.machine import cores
from benchmarks.stamps import note

BATCH = 64

# Takes the bytes of a batch of files.
Featurize = Callable[[list[bytes]], Any]


def main(
    images: Path, model: Path, work: Path, prepare: Callable[[bytes], Featurize]
) -> None:
    """Featurize every image, one process a core, and write no features."""
    begin = time.monotonic()
    paths = [str(path) for path in sorted(images.rglob("*.jpg"))]
    batches = [paths[start : start + BATCH] for start in range(0, len(paths), BATCH)]
    context = multiprocessing.get_context("spawn")
    with context.Pool(cores(), _prepare, (prepare, model, work)) as pool:
        images_done = sum(pool.imap_unordered(_featurize, batches))
        end = time.monotonic()
    result = {"images": images_done, "passes": [[begin, end]]}
    (work / "result.json").write_text(json.dumps(result))


def plain(model: bytes) -> Featurize:
    """Prepare what does one image after another."""
    extractor = PlainExtractor(model)
    return lambda contents: [extractor.extract(content) for content in contents]


def _prepare(prepare: Callable[[bytes], Featurize], model: Path, work: Path) -> None:
    global _run, _stamps  # noqa: PLW0603
    _run, _stamps = prepare(model.read_bytes()), str(work / "stamps")


def _featurize(paths: list[str]) -> int:
    _run([Path(path).read_bytes() for path in paths])
    note(_stamps, len(paths))
    return len(paths)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]), prepare=plain)
