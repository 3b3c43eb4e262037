"""The blocks of code in README and documentation, and which test runs each."""

import re
from pathlib import Path
from typing import NamedTuple

from tests.conftest import PROJECT

# In this order `tests/end_to_end/test_readme.py` runs their commands.
RUN_IN_ORDER = ("README.md", "docs/tutorial.md")

REQUESTS = "tests/privacy/test_requests.py::test_requests_are_answered"

# Commands of these pages that it leaves out, and of other pages: which test runs them,
# or with fewer images or epochs what they call.
ELSEWHERE = {
    # That is this very run of tests.
    "make test": (
        "tests/end_to_end/test_readme.py::test_readme_starts_with_the_two_commands"
    ),
    "pre-commit install": "tests/test_habits.py::test_hooks_refuse_wrong_examples",
    "kedro run --env emr": (
        "tests/integration/test_run_on_yarn.py::test_run_ends_well_and_yarn_knows"
    ),
    "make cluster-up": (
        "tests/integration/test_cluster.py::test_node_is_running_and_page_answers"
    ),
    "make cluster-load IMAGES=photos": (
        "tests/integration/test_cluster.py::test_hostile_names_are_uploaded_as_they_are"
    ),
    "source .cluster/env && .venv/bin/kedro run --env emr": (
        "tests/integration/test_run_on_yarn.py::test_one_settings_file_is_all_a_user_needs"
    ),
    "make history": (
        "tests/integration/test_cluster.py::test_history_shows_a_job_from_the_bucket"
    ),
    "make cluster-down": (
        "tests/cluster/test_local.py::test_nothing_is_up_and_down_is_no_error"
    ),
    "make viz": "tests/test_viz.py::test_pipelines_are_groups_of_nodes",
    ".venv/bin/kedro viz run --params data=<folder>": (
        "tests/test_viz.py::test_pipelines_are_groups_of_nodes"
    ),
    ".venv/bin/kedro viz run --env emr": (
        "tests/test_viz.py::test_every_node_opens_and_every_preview_is_there"
    ),
    ".venv/bin/kedro viz build --include-previews": (
        "tests/test_viz.py::test_static_site_is_built_from_the_same"
    ),
    ".venv/bin/python -m http.server --directory build": (
        "tests/test_viz.py::test_static_site_is_built_from_the_same"
    ),
    "make notebook": (
        "tests/end_to_end/test_notebooks.py::test_nearest_neighbours_are_those_of_all_features"
    ),
    "make emr-local IMAGES=photos": (
        "tests/integration/test_run_on_yarn.py::test_run_ends_well_and_yarn_knows"
    ),
    "kedro run --pipelines training --params images=photos,data=results": (
        "tests/end_to_end/test_training.py::test_every_epoch_was_trained_once"
    ),
    "kedro run --pipelines training "
    "--params images=photos,data=results,training.epochs=1": (
        "tests/end_to_end/test_training.py::test_every_epoch_was_trained_once"
    ),
    "kedro run --params images=photos,data=results,"
    "backbone.weights=results/06_models/trained_backbone.keras,"
    "backbone.alpha=0.35,backbone.input_size=96": (
        "tests/end_to_end/test_training.py::test_a_run_takes_its_weights"
    ),
    "kedro emr plan": (
        "tests/kedro_emr/commands/test_plan.py::test_every_part_is_printed_without_an_account"
    ),
    "kedro emr plan --images 50000000 --deadline 15": (
        "tests/kedro_emr/commands/test_plan.py::test_readme_shows_what_is_printed"
    ),
    "kedro emr plan --images 22688 --json": (
        "tests/kedro_emr/commands/test_plan.py::test_json_has_all_of_it"
    ),
    "kedro history show latest --params data=results": (
        "tests/cli/test_history.py::test_show_opens_the_page"
    ),
    "kedro history compare 2026-05-01T10 latest --params data=results": (
        "tests/cli/test_history.py::test_compare_says_what_is_different"
    ),
    "kedro retention --dry-run --params "
    "images=photos,data=results,retention.images_days=90": (
        "tests/privacy/test_retention.py::test_a_dry_run_counts_and_changes_nothing"
    ),
    "kedro retention --dry-run --on 2027-01-31 --params "
    "images=photos,data=results,retention.images_days=90": (
        "tests/privacy/test_retention.py::test_another_day_is_reckoned_with"
    ),
    "kedro retention --params images=photos,data=results,retention.images_days=90": (
        "tests/privacy/test_retention.py::test_it_asks_first"
    ),
    'kedro erase --label "Apple Red 1" --dry-run --params images=photos,data=results': (
        REQUESTS
    ),
    '.venv/bin/python -c "import pandas; pandas.read_parquet('
    "'results/04_feature/features', filters=[('label', '==', 'Apple Red 1')])"
    ".to_json('answer.json', 'records')\"": REQUESTS,
    'kedro erase --label "Apple Red 1" --raw --dry-run --params '
    "images=photos,data=results": REQUESTS,
    'kedro erase --label "Apple Red 1" --raw --refit --yes --asked-by '
    '"letter of 1 May" --params images=photos,data=results': REQUESTS,
}

# `<!-- not run by a test: REASON -->` holds for the blocks up to the next heading.
REASONS = ("needs an AWS account", "takes half an hour")

TOKEN = re.compile(
    r"^(?P<heading>#+ )"
    r"|^ *<!-- not run by a test: (?P<reason>.+?) -->"
    r"|^(?P<indent> *)```(?P<language>\w+)\n(?P<text>.*?)^ *```",
    re.M | re.S,
)


class Block(NamedTuple):
    """A block of code, without its indent, and why no test runs it."""

    page: str
    language: str
    text: str
    reason: str | None

    @property
    def commands(self) -> list[str]:
        """The lines, those that end in a backslash with what follows."""
        whole = re.sub(r"\s*\\\n\s*", " ", self.text)
        return [line for line in whole.splitlines() if line]


def blocks_of(page: str, text: str) -> list[Block]:
    """Return the blocks of a page's text, in order."""
    found: list[Block] = []
    reason = None
    for token in TOKEN.finditer(text):
        if token["heading"]:
            reason = None
        elif token["reason"]:
            reason = token["reason"]
        else:
            code = re.sub(rf"^{token['indent']}", "", token["text"], flags=re.M)
            found.append(Block(page, token["language"], code, reason))
    return found


def pages() -> list[str]:
    """Return README and all pages, by their names in the project."""
    files = [*PROJECT.glob("*.md"), *sorted(PROJECT.glob("docs/**/*.md"))]
    return [str(file.relative_to(PROJECT)) for file in files]


def blocks(*names: str) -> list[Block]:
    """Return the blocks of some pages."""
    return [
        block
        for name in names
        for block in blocks_of(name, Path(PROJECT, name).read_text())
    ]


def shell_commands(found: list[Block]) -> list[str]:
    """Return the commands of shell blocks that some test has to run."""
    return [
        command
        for block in found
        if block.language in ("bash", "sh", "shell", "console") and not block.reason
        for command in block.commands
    ]


def run_in_order() -> list[str]:
    """Return the commands that are run one after another, as a reader would."""
    commands = shell_commands(blocks(*RUN_IN_ORDER))
    return [command for command in commands if command not in ELSEWHERE]


def untested(found: list[Block]) -> set[str]:
    """Return commands that neither a test runs nor a marker excuses."""
    return set(shell_commands(found)) - set(ELSEWHERE) - set(run_in_order())
