"""Why an image is in ``quarantine``."""

# A run's tests make every one of them; the documentation lists them.
REASONS = {
    "empty": "has no bytes",
    "unreadable": (
        "could not be read: no right, gone, a broken link, no regular file, a name "
        "that is not UTF-8"
    ),
    "not_an_image": "is no JPEG, PNG, BMP, GIF, TIFF or WebP",
    "truncated": "ends before the picture does",
    "damaged": "cannot be decoded",
    "too_large": (
        "is longer than `ingestion.max_bytes`, or has more pixels than "
        "`featurization.max_pixels`"
    ),
}
