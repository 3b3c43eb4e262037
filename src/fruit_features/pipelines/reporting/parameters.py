"""The parameters of the reporting pipeline."""

from dataclasses import dataclass

from fruit_features.checks import at_least


@dataclass(frozen=True)
class ReportingParameters:
    """What the report shows; ``conf/base/parameters_reporting.yml``.

    Attributes:
        points: How many images the projection plot shows at most.
        quarantine_rows: How many quarantined images the page lists at most.
    """

    points: int
    quarantine_rows: int

    def __post_init__(self) -> None:
        """Refuse numbers out of range."""
        at_least("reporting.points", self.points, 1)
        at_least("reporting.quarantine_rows", self.quarantine_rows, 0)
