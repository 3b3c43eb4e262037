"""Why an image is in ``quarantine``."""

# A run's tests make every one of them; the documentation lists them.
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
