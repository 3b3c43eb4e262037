"""The parameters of retention."""

import datetime as dt

from pydantic import Field

from fruit_features.parameters import Parameters


class RetentionParameters(Parameters):
    """How many days things are kept; see ``conf/base/parameters_retention.yml``."""

    images_days: int | None = Field(None, ge=1)
    features_days: int | None = Field(None, ge=1)
    logs_days: int | None = Field(None, ge=1)

    def days(self) -> dict[str, int | None]:
        """Return the days by the catalog's values of ``retention:``."""
        return {
            "images": self.images_days,
            "features": self.features_days,
            "logs": self.logs_days,
        }

    def limits(self, now: dt.datetime) -> dict[str, dt.datetime]:
        """Return by kind the time before which things are too old to keep."""
        return {
            kind: now - dt.timedelta(days=days)
            for kind, days in self.days().items()
            if days is not None
        }
