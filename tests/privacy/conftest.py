"""The data of two runs on photos that carry marks, some of which are to be erased."""

import base64
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from kedro.framework.session import KedroSession
from pyspark.sql import SparkSession

from tests.marks import files_of, holding, marked
from tests.pictures import jpeg, picture

LABEL, NAME, NOTE = "zqLabel", "zqName", "zqNote"
# As a user names them: a whole label, and one photo of another.
ERASED = ("--label", LABEL, "--path", f"*/{NAME}*")
SOME = f"other/{NAME} of another label.jpg"

# A log as Spark writes it names images that thumbnails are made of.
LOG = '{"Event": "SQL", "plan": "Filter image_key IN (zqLabel/zqName0.jpg)"}\n'


@dataclass(frozen=True)
class Marked:
    """What two runs have left.

    Attributes:
        images: The folder of images.
        data: The folder of data.
        erased: The keys of the photos that are to be erased.
        marks: What must not be found afterwards, by what it is.
    """

    images: Path
    data: Path
    erased: list[str]
    marks: dict[str, bytes]

    def found(self, *folders: Path) -> dict[str, list[str]]:
        files = {k: v for f in folders or (self.data,) for k, v in files_of(f).items()}
        return holding(files, self.marks)

    def copy(self, folder: Path) -> "Marked":
        """The same once more, to be changed."""
        images, data = folder / "images", folder / "data"
        shutil.copytree(self.images, images)
        shutil.copytree(self.data, data)
        return Marked(images, data, self.erased, self.marks)


@pytest.fixture(scope="session")
def marked_once(
    project: Path, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> Marked:
    """Two runs: some twenty seconds, once for all tests of erasure."""
    folder = tmp_path_factory.mktemp("marked")
    images, data = folder / "images", folder / "data"
    contents = photos()
    for name, content in contents.items():
        (images / name).parent.mkdir(parents=True, exist_ok=True)
        (images / name).write_bytes(content)
    run(project, images, data)
    (images / "other" / "late.jpg").write_bytes(jpeg(99))
    run(project, images, data)
    log = data / "logs/spark-events/local-1"
    log.parent.mkdir(parents=True)
    log.write_text(LOG)
    log.with_name("local-2").write_text("{}\n")
    log.with_name("local-3.zstd").write_bytes(b"packed")
    erased = [name for name in contents if NAME in name or LABEL in name]
    return Marked(images, data, erased, marks_of(contents, erased, data))


def photos() -> dict[str, bytes]:
    notes: dict[str, Any] = {"exif": 6, "xmp": 6}
    of_label = {
        f"{NAME}{n}.jpg": marked(picture(n), "JPEG", NOTE, **notes) for n in range(4)
    }
    of_label[f"{NAME} é & 'it'.png"] = marked(picture(5), "PNG", NOTE, **notes)
    of_label[f"{NAME}.tif"] = marked(picture(6), "TIFF", NOTE, **notes)
    whole = marked(picture(7), "JPEG", NOTE, **notes)
    of_label[f"{NAME} cut.jpg"] = whole[: whole.rindex(b"\xff\xda") + 400]
    others = {f"other/{n}.jpg": jpeg(n) for n in range(10, 22)}
    others["other/cut.jpg"] = jpeg(30)[:900]
    others[SOME] = marked(picture(8), "JPEG", NOTE, **notes)
    return {**{f"{LABEL}/{name}": c for name, c in of_label.items()}, **others}


def run(
    project: Path, images: Path, data: Path, *, accept_missing: bool = False
) -> None:
    given: dict[str, Any] = {
        "ingestion": {"accept_missing": accept_missing},
        "images": str(images),
        "data": str(data),
        "featurization": {"max_failure_rate": 1.0},
        "reduction": {"components": 3},
    }
    with KedroSession.create(project, runtime_params=given) as session:
        session.run()


def marks_of(
    contents: dict[str, bytes], erased: list[str], data: Path
) -> dict[str, bytes]:
    """Name, label and pixels of each photo, and its small picture in a page."""
    marks = {"label": LABEL.encode(), "name": NAME.encode()}
    for name in erased:
        if name.endswith(".jpg") and "cut" not in name:
            scan = contents[name].index(b"\xff\xda") + 300
            marks[f"pixels of {name}"] = contents[name][scan : scan + 40]
    shown = pd.read_parquet(data / "08_reporting/thumbnails.parquet")
    for row in shown[shown["image_key"].isin(erased)].itertuples():
        marks[f"thumbnail of {row.image_key}"] = bytes(row.jpeg)  # type: ignore[arg-type]
        spelled = base64.b64encode(row.jpeg)  # type: ignore[arg-type]
        marks[f"thumbnail of {row.image_key} in a page"] = spelled
    return marks


@pytest.fixture
def photographed(marked_once: Marked, tmp_path: Path) -> Marked:
    return marked_once.copy(tmp_path)
