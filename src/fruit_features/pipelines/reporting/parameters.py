"""The parameters of the reporting pipeline."""

from dataclasses import dataclass

from fruit_features.checks import at_least, within


@dataclass(frozen=True)
class ReportingParameters:
    """What the report shows; ``conf/base/parameters_reporting.yml``.

    Attributes:
        points: How many images the projection plot shows at most.
        quarantine_rows: How many quarantined images the page lists at most.
        dollars_per_hour: What the machines cost; ``None`` if that is not to be said.
    """

    points: int
    quarantine_rows: int
    dollars_per_hour: float | None = None

    def __post_init__(self) -> None:
        """Refuse numbers out of range."""
        at_least("reporting.points", self.points, 1)
        at_least("reporting.quarantine_rows", self.quarantine_rows, 0)
        if self.dollars_per_hour is not None:
            within("reporting.dollars_per_hour", self.dollars_per_hour, 0, 1_000_000)
