"""The parameters of the reporting pipeline."""

from pydantic import Field

from fruit_features.parameters import Parameters


class ReportingParameters(Parameters):
    """Limits and price of the report; see ``conf/base/parameters_reporting.yml``."""

    points: int = Field(ge=1)
    quarantine_rows: int = Field(ge=0)
    dollars_per_hour: float | None = Field(ge=0, le=1_000_000)
