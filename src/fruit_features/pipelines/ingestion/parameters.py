"""The parameters of the ingestion pipeline."""

from dataclasses import dataclass

from fruit_features.checks import at_least, boolean


@dataclass(frozen=True)
class IngestionParameters:
    """What is read, and how it is packed; ``conf/base/parameters_ingestion.yml``.

    Attributes:
        limit: How many images to take, the same share of every label; ``None``
            for all.
        max_bytes: Length above which a file is not read.
        images_per_file: How many images a Parquet file of ``images`` holds at most.
        fewest_images_per_file: How many it is to hold at least, as far as there is
            then a file for every core.
        accept_missing: Whether features may go of images of another folder, or of many
            that are gone.
    """

    limit: int | None
    max_bytes: int
    images_per_file: int
    fewest_images_per_file: int
    accept_missing: bool = False

    def __post_init__(self) -> None:
        """Refuse numbers out of range."""
        if self.limit is not None:
            at_least("ingestion.limit", self.limit, 1)
        at_least("ingestion.max_bytes", self.max_bytes, 1)
        at_least("ingestion.images_per_file", self.images_per_file, 1)
        fewest = self.fewest_images_per_file
        at_least("ingestion.fewest_images_per_file", fewest, 1)
        boolean("ingestion.accept_missing", self.accept_missing)
