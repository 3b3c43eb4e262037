"""The fields of ``run_report`` and page; tests compare them with a run's."""

# Datasets that the page shows besides the run report.
PAGE_DATA = (
    "explained_variance",
    "variance_plot_svg",
    "reduction_quality",
    "quality_plot_svg",
    "storage",
    "projection_points",
    "thumbnails",
)

# Fields that only runs on YARN have.
ON_YARN = ("spark.tracking_page", "spark.event_log")

FIELDS = {
    "images.found": "images that the run took; the sum of the next three",
    "images.featurized": "of these, given features by this run",
    "images.quarantined": "of these, in `quarantine`",
    "images.unchanged": "of these, done by an earlier run and not done again",
    "expired": "images gone for their age, whose features are kept; not among `found`",
    "retention": (
        "null if nothing expires; else the day it was `reckoned` on and, by dataset, "
        "the `days` it is kept, the day the `next` expires, how many do `in_30_days`"
    ),
    "labels": "how many different labels they have",
    "quarantine_reasons": "images in `quarantine`, by reason",
    "quarantine_examples": "by reason, `image_key` and `detail` of one image",
    "quarantined": "`reporting.quarantine_rows` of them: key, label, reason, detail",
    "backbone.id": "names weights, alpha and input size: other features, other id",
    "backbone.weights": "`bundled`, `imagenet` or a file's name",
    "backbone.alpha": "width multiplier of MobileNetV2",
    "backbone.input_size": "side of its input, in pixels",
    "backbone.dimensions": "features an image",
    "backbone.sha256": "hash of the weights",
    "backbone.precision": "`float32` or `int8`",
    "reduction.backbone_id": "whose features the model was fitted on",
    "reduction.rows": "how many images it was fitted on",
    "reduction.dimensions": "features before",
    "reduction.components": "numbers after",
    "reduction.variance_retained": "share of the variance they keep, 0 to 1",
    "reduction.cumulative": "the same for 10, 50, 100 and 200 components",
    "reduction.standardised": "whether features were divided by their deviation first",
    "reduction.fitted": "when, UTC",
    "reduction.blas": "numpy's BLAS, which the fit runs on",
    "reduction.lapack": "numpy's LAPACK, likewise",
    "reduction.mllib_blas": "MLlib's, which projects: `JNIBLAS` is the machine's own",
    "reduction.drift": (
        "mean reconstruction errors of the fit's images and of new ones; their ratio"
    ),
    "seconds.ingestion": "what the stage took; of an earlier run if left out",
    "seconds.featurization": "likewise",
    "seconds.reduction": "likewise",
    "seconds.reporting": "likewise",
    "seconds.total": "from the first node to the report",
    "images_per_second": "of the node that featurizes; null if it had none to do",
    "dollars": "`seconds.total` at `reporting.dollars_per_hour`; null without it",
    "spark.application_id": "Spark's name for the run",
    "spark.master": "`local[*,4]`, `yarn`",
    "spark.version": "Spark's",
    "spark.parallelism": "tasks at a time",
    "spark.java": "Java's version",
    "spark.tracking_page": "YARN's page of the application, on YARN",
    "spark.event_log": "for Spark's history server, on YARN",
    "environment": "Kedro's: `local`, `emr`",
    "versions": "of Python, this package and what it computes with",
    "started": "when, UTC",
    "finished": "when, UTC",
}

# Reasons in `quarantine`, and what each means.
REASONS = {
    "empty": "has no bytes",
    "unreadable": (
        "could not be read: no right, gone, a broken link, no regular file, a name "
        "that is not UTF-8"
    ),
    "not_an_image": "is no picture, or of a format that is not known",
    "unsupported": (
        "is a picture that cannot be shown as it is meant: a HEIC, AVIF or JPEG 2000 "
        "file, or of a kind that is rare in JPEG, PNG, BMP and TIFF: convert it"
    ),
    "truncated": "ends before the picture does",
    "damaged": "cannot be decoded",
    "too_large": (
        "is longer than `ingestion.max_bytes`, or has more pixels than "
        "`featurization.max_pixels`"
    ),
}
