"""The parameters of retention."""

import datetime as dt
from dataclasses import dataclass, fields

from fruit_features.checks import at_least


@dataclass(frozen=True)
class RetentionParameters:
    """For how long what is stored is kept; ``conf/base/parameters_retention.yml``.

    Attributes:
        images_days: Days that images are kept; ``None``: no end.
        features_days: Days that features are kept; ``None``: no end.
        logs_days: Days that logs and earlier runs' pages are kept; ``None``: no end.
    """

    images_days: int | None = None
    features_days: int | None = None
    logs_days: int | None = None

    def __post_init__(self) -> None:
        """Refuse what is no number of days."""
        for name, days in self.days().items():
            if days is not None:
                at_least(f"retention.{name}_days", days, 1)

    def days(self) -> dict[str, int | None]:
        """Return the days by what the catalog's entries say in ``retention:``."""
        names = [field.name for field in fields(self)]
        return {name.removesuffix("_days"): getattr(self, name) for name in names}

    def limits(self, now: dt.datetime) -> dict[str, dt.datetime]:
        """Return by kind until when what is to go by now was made; none that stays."""
        return {
            kind: now - dt.timedelta(days=days)
            for kind, days in self.days().items()
            if days is not None
        }
