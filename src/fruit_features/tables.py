"""Columns, keys and schemas of the tables."""

# Names an image: its place in the folder of images.
KEY = "image_key"

# What the listing of a folder says of an image.
COLUMNS = [KEY, "path", "label", "length", "modification_time"]

# What tells that an image is the one an earlier run saw.
IDENTITY = [KEY, "path", "length", "modification_time"]

# The key of a row of the features.
FEATURES_KEY = [KEY, "backbone_id", "featurized_at"]

_LISTED = (
    "image_key string, path string, label string, length bigint, "
    "modification_time timestamp"
)
_IDENTITY = "image_key string, path string, length bigint, modification_time timestamp"

# In Spark's DDL, by the names of the catalog, which has them by `${schema:<name>}`.
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
