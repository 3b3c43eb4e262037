"""Daft with the same weights in LiteRT, set up for the best it gives on one machine.

Tried on 2 cores, with Daft 0.7.26: batches of 16, 32, 64 and one a partition;
``into_partitions``, ``repartition``, ``into_batches`` and a morsel size before the
UDF; results as lists, as one Arrow array, as fixed-size lists; order kept or not;
more processes than cores. Processes, one a core, and batches of 64 won; the rest
made no difference beyond noise, and more processes than cores lost.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import daft
from daft import DataType, col
from daft.functions import download, regexp_extract

from benchmarks.contenders.plain import PlainExtractor
from benchmarks.machine import cores
from benchmarks.stamps import note

BATCH = 64


@daft.cls(use_process=True, max_concurrency=cores())
class Backbone:
    """A worker process's extractor."""

    def __init__(self, model: str, stamps: str) -> None:
        """Build the interpreter, once a process."""
        self._extractor = PlainExtractor(Path(model).read_bytes())
        self._stamps = stamps

    @daft.method.batch(return_dtype=DataType.list(DataType.float32()), batch_size=BATCH)
    def features(self, contents: daft.Series) -> list[Any]:
        """Featurize a batch."""
        results = [self._extractor.extract(content) for content in contents.to_pylist()]
        note(self._stamps, len(results))
        return results


def main(images: Path, model: Path, work: Path) -> None:
    """Featurize every image and write path, label and features as Parquet."""
    backbone = Backbone(str(model), str(work / "stamps"))
    begin = time.monotonic()
    written = (
        daft.from_glob_path(f"{images}/**/*.jpg")
        .with_column("bytes", download(col("path")))
        .select(
            "path",
            regexp_extract(col("path"), "([^/]+)/[^/]+$", 1).alias("label"),
            backbone.features(col("bytes")).alias("features"),
        )
        .write_parquet(str(work / "features"))
    )
    end = time.monotonic()
    rows = daft.read_parquet(written.to_pydict()["path"]).count_rows()
    result = {"images": rows, "passes": [[begin, end]]}
    (work / "result.json").write_text(json.dumps(result))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
