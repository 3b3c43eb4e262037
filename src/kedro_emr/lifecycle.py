"""How long S3 keeps what lies in the bucket: rules of its lifecycle."""

from dataclasses import dataclass
from typing import Any

from kedro_emr.s3 import Place
from kedro_emr.settings import Retention

# Days after which S3 forgets what was overwritten or deleted, and uploads that nobody
# has ended.
LEFTOVER_DAYS = 7

# Where what the catalog marks by `retention:` lies below the prefix, and all logs. The
# listing stays, by which a run tells what has expired from what was deleted; so does
# what is kept of erasures: without it a photo could come back.
FOLDERS = {
    "images": (
        "01_raw/images/",
        "02_intermediate/images/",
        "04_feature/quarantine/",
        "08_reporting/thumbnails.parquet",
        "08_reporting/report.html",
    ),
    "features": (
        "04_feature/expired_images.parquet",
        "04_feature/features/",
        "07_model_output/reduced_features/",
    ),
    "logs": (
        "logs/",
        "08_reporting/history/report.html/",
        "08_reporting/history/run_report.json/",
    ),
}


@dataclass(frozen=True)
class Rule:
    """A rule as S3 takes it.

    Attributes:
        request: All of it.
    """

    request: dict[str, Any]

    @property
    def prefix(self) -> str:
        """What the keys begin with that it is about."""
        return self.request.get("Filter", {}).get("Prefix", "")

    def is_own(self, place: Place) -> bool:
        """Tell a rule of this project from those that others have set."""
        return bool(self.request.get("ID", "").startswith(_name(place, "")))

    def __str__(self) -> str:
        """Say what it does."""
        rule, said = self.request, []
        if rule.get("Status") != "Enabled":
            said.append("switched off")
        if days := rule.get("Expiration", {}).get("Days"):
            said.append(f"deleted after {days} days")
        if days := rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays"):
            said.append(f"old versions after {days}")
        if days := rule.get("AbortIncompleteMultipartUpload", {}).get(
            "DaysAfterInitiation"
        ):
            said.append(f"unfinished uploads after {days}")
        return f"{self.prefix}: {', '.join(said)}"


def lifecycle_rules(place: Place, retention: Retention) -> list[Rule]:
    """Return the rules that keep everything for as long as is said."""
    rules = [
        _rule(place, folder, {"Expiration": {"Days": days}})
        for kind, days in retention.days().items()
        if days is not None
        for folder in FOLDERS[kind]
    ]
    leftovers = {
        "NoncurrentVersionExpiration": {"NoncurrentDays": LEFTOVER_DAYS},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": LEFTOVER_DAYS},
    }
    return [*rules, _rule(place, "", leftovers)]


def _rule(place: Place, folder: str, what: dict[str, Any]) -> Rule:
    name = _name(place, folder or "leftovers")
    filter_ = {"Prefix": place.key(folder)}
    return Rule({"ID": name, "Status": "Enabled", "Filter": filter_, **what})


def _name(place: Place, what: str) -> str:
    # By this name rules of earlier versions are found again.
    return f"fruit_features {place.prefix} {what}"
