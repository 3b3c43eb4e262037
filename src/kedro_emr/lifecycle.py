"""How long S3 keeps what lies in the bucket: rules of its lifecycle."""

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
# What a rule may do, by the keys of its request.
DOES = {
    "deleted after {} days": ("Expiration", "Days"),
    "old versions after {}": ("NoncurrentVersionExpiration", "NoncurrentDays"),
    "unfinished uploads after {}": (
        "AbortIncompleteMultipartUpload",
        "DaysAfterInitiation",
    ),
}


def lifecycle_rules(place: Place, retention: Retention) -> list[dict[str, Any]]:
    """Return the rules, as S3 takes them, that keep everything as long as is said."""
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


def is_own(rule: dict[str, Any], place: Place) -> bool:
    """Tell a rule of this project from those that others have set."""
    return str(rule.get("ID", "")).startswith(_name(place, ""))


def describe(rule: dict[str, Any]) -> str:
    """Say what a rule does."""
    said = [] if rule.get("Status") == "Enabled" else ["switched off"]
    for text, (group, key) in DOES.items():
        if days := rule.get(group, {}).get(key):
            said.append(text.format(days))
    return f"{rule.get('Filter', {}).get('Prefix', '')}: {', '.join(said)}"


def _rule(place: Place, folder: str, what: dict[str, Any]) -> dict[str, Any]:
    name = _name(place, folder or "leftovers")
    filter_ = {"Prefix": place.key(folder)}
    return {"ID": name, "Status": "Enabled", "Filter": filter_, **what}


def _name(place: Place, what: str) -> str:
    # The prefix of names by which rules of earlier versions are found again.
    return f"fruit_features {place.prefix} {what}"
