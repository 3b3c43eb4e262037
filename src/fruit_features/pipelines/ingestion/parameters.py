"""The parameters of the ingestion pipeline."""

from pydantic import Field

from fruit_features.parameters import Parameters


class IngestionParameters(Parameters):
    """Reading and packing; see ``conf/base/parameters_ingestion.yml``."""

    limit: int | None = Field(ge=1)
    max_bytes: int = Field(ge=1)
    images_per_file: int = Field(ge=1)
    fewest_images_per_file: int = Field(ge=1)
    accept_missing: bool
