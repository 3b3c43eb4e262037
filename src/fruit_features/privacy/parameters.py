"""The parameters of retention."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from fruit_features.checks import at_least, nearest
from fruit_features.exceptions import ParameterError


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

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "RetentionParameters":
        """Take the group of parameters as the configuration gives it.

        Raises:
            ParameterError: If it holds what is no such parameter.
        """
        known = [field.name for field in fields(cls)]
        for name in given:
            if name not in known:
                message = f"retention.{name}: no such parameter; {nearest(name, known)}"
                raise ParameterError(message)
        return cls(**given)

    def days(self) -> dict[str, int | None]:
        """Return the days by what the catalog's entries say in ``retention:``."""
        return {
            "images": self.images_days,
            "features": self.features_days,
            "logs": self.logs_days,
        }

    def limits(self, now: dt.datetime) -> dict[str, dt.datetime]:
        """Return by kind until when what is to go by now was made; none that stays."""
        return {
            kind: now - dt.timedelta(days=days)
            for kind, days in self.days().items()
            if days is not None
        }
