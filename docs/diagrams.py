"""What is drawn in ``how-it-works.md``; a test looks every name up in the code."""

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
    Box(2, 5.3, "FailuresParam", "gathers failures", "code"),
]
CLASS_ARROWS = [
    Arrow("DataFolderHooks", "RunLock", "holds"),
    Arrow("CurrentRowsDataset", "TableDataset", "is a"),
    Arrow("BackboneDataset", "Backbone", "loads"),
    Arrow("Backbone", "FeatureExtractor", "broadcast"),
    Arrow("FeatureExtractor", "DecodeFailure", "or"),
    Arrow("DecodeFailure", "FailuresParam", "accumulator"),
]
FRAMES = (
    Frame(0.3, 2, 3, "around a run: hooks.py"),
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


DRAWN = {"flow": flow, "classes": classes}
