"""Columns, keys and schemas of the tables."""

# Key of an image: its path below the image folder.
KEY = "image_key"

# Columns of an image listing.
COLUMNS = [KEY, "path", "label", "length", "modification_time"]

# Columns by which an image counts as unchanged since an earlier run.
IDENTITY = [KEY, "path", "length", "modification_time"]

# Key columns of the features table.
FEATURES_KEY = [KEY, "backbone_id", "featurized_at"]

_LISTED = (
    "image_key string, path string, label string, length bigint, "
    "modification_time timestamp"
)
_IDENTITY = "image_key string, path string, length bigint, modification_time timestamp"

# Spark DDL by dataset; the catalog reads it by `${schema:<name>}`.
SCHEMAS = {
    "image_listing": f"{_LISTED}, selected boolean",
    "expired_images": _IDENTITY,
    "images": f"{_LISTED}, bytes binary, reason string, detail string",
    "features": (
        f"{_IDENTITY}, label string, features array<float>, "
        "featurized_at timestamp, backbone_id string"
    ),
    "quarantine": (
        f"{_IDENTITY}, label string, reason string, detail string, "
        "quarantined_at timestamp"
    ),
    "reduced_features": (
        f"{_IDENTITY}, label string, featurized_at timestamp, backbone_id string, "
        "pca_features array<float>"
    ),
}
