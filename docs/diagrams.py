"""What is drawn in ``how-it-works.md``.

The packages are drawn from the imports of the code; of the other drawings a test looks
every name up in the code.
"""

import functools
from pathlib import Path

import grimp
from drawing import Arrow, Box, Frame, draw

FLOW = [
    Box(1, 0, "raw_images", "<label>/<file>", "data"),
    Box(1, 1, "ingestion", "lists, packs", "stage"),
    Box(0, 2, "image_listing", "every image", "data"),
    Box(1, 2, "images", "their bytes", "data"),
    Box(1, 3, "featurization", "MobileNetV2 on workers", "stage"),
    Box(0, 3, "backbone", "LiteRT", "data"),
    Box(1, 4, "features", "1280 numbers an image", "data"),
    Box(2, 4, "quarantine", "each with a reason", "data"),
    Box(1, 5, "reduction", "PCA", "stage"),
    Box(0, 6, "pca_model", "MLlib's", "data"),
    Box(1, 6, "reduced_features", "100 numbers an image", "data"),
    Box(2, 6, "explained_variance", "of every component", "data"),
    Box(1, 7, "reporting", "counts, plots, page", "stage"),
    Box(0, 8, "run_report", "JSON", "data"),
    Box(1, 8, "report", "HTML", "data"),
    Box(2, 8, "run_history", "a version a run", "data"),
]
FLOW_ARROWS = [
    Arrow("raw_images", "ingestion"),
    Arrow("ingestion", "image_listing"),
    Arrow("ingestion", "images"),
    Arrow("image_listing", "featurization"),
    Arrow("images", "featurization"),
    Arrow("backbone", "featurization"),
    Arrow("featurization", "features"),
    Arrow("featurization", "quarantine"),
    Arrow("features", "reduction"),
    Arrow("reduction", "pca_model"),
    Arrow("reduction", "reduced_features"),
    Arrow("reduction", "explained_variance"),
    Arrow("quarantine", "reporting", around=True),
    Arrow("reduced_features", "reporting"),
    Arrow("explained_variance", "reporting"),
    Arrow("reporting", "run_report"),
    Arrow("reporting", "report"),
    Arrow("reporting", "run_history"),
]

CLASSES = [
    Box(0, 0.3, "PreflightHooks", "ends what cannot work", "code"),
    Box(1, 0.3, "SparkHooks", "how Spark will start", "code"),
    Box(2, 0.3, "DataFolderHooks", "one run at a time", "code"),
    Box(0, 1.3, "RunStateHooks", "has anything changed?", "code"),
    Box(1, 1.3, "RunFactsHooks", "times the stages", "code"),
    Box(2, 1.3, "RunLock", "S3RunLock on S3", "code"),
    Box(0, 2.8, "ImageFolderDataset", "lists, without Spark", "code"),
    Box(1, 2.8, "TableDataset", "appends plain Parquet", "code"),
    Box(2, 2.8, "MLlibModelDataset", "PCAModel, whole", "code"),
    Box(0, 3.8, "LazyDataset", "loads when called", "code"),
    Box(1, 3.8, "CurrentRowsDataset", "drops what is outdated", "code"),
    Box(2, 3.8, "ReplacedTableDataset", "replaces a table whole", "code"),
    Box(0, 5.3, "BackboneDataset", "flatbuffer and JSON", "code"),
    Box(1, 5.3, "Backbone", "what it is, its bytes", "code"),
    Box(1, 6.8, "FeatureExtractor", "one a worker process", "code"),
    Box(2, 6.8, "DecodeFailure", "reason and detail", "code"),
    Box(2, 5.3, "UpdateParam", "gathers failures", "code"),
]
CLASS_ARROWS = [
    Arrow("DataFolderHooks", "RunLock", "holds"),
    Arrow("CurrentRowsDataset", "TableDataset", "is a"),
    Arrow("BackboneDataset", "Backbone", "loads"),
    Arrow("Backbone", "FeatureExtractor", "broadcast"),
    Arrow("FeatureExtractor", "DecodeFailure", "or"),
    Arrow("DecodeFailure", "UpdateParam", "accumulator"),
]
FRAMES = (
    Frame(0.3, 2, 3, "around a run: hooks/"),
    Frame(2.8, 2, 3, "the catalog's own kinds: datasets/"),
    Frame(5.3, 1, 3, "on the driver"),
    Frame(6.8, 1, 3, "on each worker: no TensorFlow"),
)


def flow() -> str:
    """Draw which dataset each pipeline reads and writes; the most important ones."""
    return draw("Datasets and pipelines, from images to report", FLOW, FLOW_ARROWS)


def classes() -> str:
    """Draw the classes that matter, and where they are at work."""
    return draw("The classes that matter", CLASSES, CLASS_ARROWS, FRAMES)


SOURCES = Path(__file__).parents[1] / "src"


@functools.cache
def imports() -> dict[str, set[str]]:
    """Read which packages each package below ``src`` imports.

    Those of ``fruit_features`` are packages of their own; modules beside them are left
    out.
    """
    top = sorted(place.parent.name for place in SOURCES.glob("*/__init__.py"))
    graph = grimp.build_graph(*top, cache_dir=None)
    inner = {
        name
        for name in graph.find_children("fruit_features")
        if graph.find_children(name)
    }
    packages = inner | set(top) - {"fruit_features"}
    return {
        package: {
            other
            for other in packages - {package}
            if graph.direct_import_exists(
                importer=package, imported=other, as_packages=True
            )
        }
        for package in packages
    }


def packages() -> str:
    """Draw the packages, each above those it imports.

    An arrow that others imply, such as one from `cli` past `hooks`, is left out.
    """
    found = imports()

    @functools.cache
    def height(package: str) -> int:
        return max((height(other) + 1 for other in found[package]), default=0)

    def implied(package: str, other: str) -> bool:
        between = {o for o in found[package] if height(package) > height(o)}
        return any(
            other in found[o] or implied(o, other) for o in between if o != other
        )

    top = max(map(height, found))
    rows = [sorted(p for p in found if height(p) == top - n) for n in range(top + 1)]
    boxes = [
        Box(column, row, _short(package), "", "code")
        for row, names in enumerate(rows)
        for column, package in enumerate(names)
    ]
    arrows = [
        Arrow(_short(package), _short(other))
        for package in sorted(found)
        for other in sorted(found[package])
        if not implied(package, other)
    ]
    return draw("The packages and what they import", boxes, arrows)


def _short(package: str) -> str:
    return package.removeprefix("fruit_features.")


DRAWN = {"packages": packages, "flow": flow, "classes": classes}
