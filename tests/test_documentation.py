"""The documentation is built, asks for nothing from elsewhere, and says what is so."""

import ast
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.conftest import PROJECT
from tests.documentation import (
    ELSEWHERE,
    REASONS,
    blocks,
    blocks_of,
    pages,
    untested,
)

sys.path.insert(0, str(PROJECT / "docs"))  # As MkDocs does for its hooks.
from diagrams import CLASSES, FLOW, FLOW_ARROWS, imports, packages
from reference import (
    _pipelines,
    catalog,
    commands,
    entries,
    parameters,
    prices,
    settings,
    table,
)

# What a browser fetches when it opens a page; a link is only followed when asked.
FETCHED = {
    ("script", "src"),
    ("img", "src"),
    ("iframe", "src"),
    ("link", "href"),
    ("source", "src"),
    ("object", "data"),
}


class Fetched(HTMLParser):
    """Gathers the addresses that a page fetches from other hosts."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.classes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.classes |= set((given.get("class") or "").split())
        if tag == "link" and given.get("rel") in ("canonical", "next", "prev"):
            return
        for name, value in attrs:
            if (tag, name) in FETCHED and re.match(r"(https?:)?//", value or ""):
                self.addresses.append(value or "")


def fetched(page: str) -> list[str]:
    parser = Fetched()
    parser.feed(page)
    styles = re.findall(r"url\([\"']?((?:https?:)?//[^)\"']+)", page)
    # Material's script would fetch Mermaid's from another host to draw one.
    drawn = ["mermaid"] if "mermaid" in parser.classes else []
    return [*parser.addresses, *styles, *drawn]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    # Some five seconds: a Python of its own, as `make docs` has.
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_page_is_built(site: Path) -> None:
    for name in pages():
        if name.startswith("docs/"):
            page = name.removeprefix("docs/").removesuffix(".md")
            folder = site if page == "index" else site / page
            assert "<!-- made" not in (folder / "index.html").read_text()
    assert not list(site.rglob("*.py"))


def test_pages_fetch_nothing_from_elsewhere(site: Path) -> None:
    files = [*site.rglob("*.html"), *site.rglob("*.css")]
    assert len(files) > 10
    assert {f.name: found for f in files if (found := fetched(f.read_text()))} == {}


def test_fetching_is_noticed() -> None:
    wrong = (
        '<script src="https://a.example/x.js"></script><img src="//b.example/y.png">'
        '<style>@import url("https://c.example/z.css")</style>'
        '<pre class="mermaid">'
    )
    assert len(fetched(wrong)) == 4
    assert fetched('<a href="https://kedro.org">Kedro</a><img src="x.png">') == []


def test_every_shell_command_is_run_by_a_test_or_says_why_not() -> None:
    found = blocks(*pages())
    assert untested(found) == set()
    assert {block.reason for block in found} <= {None, *REASONS}


@pytest.mark.parametrize("test", sorted(set(ELSEWHERE.values())))
def test_tests_of_commands_are_there(test: str) -> None:
    file, name = test.split("::")
    assert f"def {name}(" in (PROJECT / file).read_text()


def test_commands_that_no_test_runs_are_noticed() -> None:
    page = (
        "# a\n```bash\nmake run\nmake mischief \\\n   NOW=1\n```\n"
        "## b\n<!-- not run by a test: needs an AWS account -->\n"
        "1. x\n\n   ```bash\n   aws s3 ls\n   ```\n"
        "## c\n```sh\nrm -r data\n```\n"
    )
    assert untested(blocks_of("page.md", page)) == {"make mischief NOW=1", "rm -r data"}


def test_drawn_names_are_in_the_code() -> None:
    source = "\n".join(f.read_text() for f in (PROJECT / "src").rglob("*.py"))
    for box in CLASSES:
        assert f"class {box.name}(" in source or f"class {box.name}:" in source
    stages = {min(p.nodes[0].tags): p for p in _pipelines()}
    boxes = {box.name: box.kind for box in FLOW}
    for arrow in FLOW_ARROWS:
        if boxes[arrow.source] == "stage":
            assert arrow.target in plain(stages[arrow.source].all_outputs())
        else:
            assert arrow.source in plain(stages[arrow.target].all_inputs())


def imported(file: Path) -> set[str]:
    """Read, from the source alone, which packages a module imports."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom):
            found |= {node.module, *(f"{node.module}.{a.name}" for a in node.names)}
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {package for package in imports() for n in found if within(n, package)}


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def test_packages_are_drawn_as_they_import_each_other() -> None:
    drawn = re.findall('class="name"[^>]*>([^<]+)', packages())
    assert sorted(drawn) == sorted(
        name.removeprefix("fruit_features.") for name in imports()
    )
    for package, others in imports().items():
        files = (PROJECT / "src" / package.replace(".", "/")).rglob("*.py")
        assert set().union(*map(imported, files)) - {package} == others


def plain(names: set[str]) -> set[str]:
    return {name.split("@")[0] for name in names}


def test_reference_says_what_every_entry_and_parameter_is() -> None:
    for file in (PROJECT / "conf/base").glob("*.yml"):
        if file.name.startswith(("catalog", "parameters")):
            assert undescribed(file.read_text(), file.name.startswith("catalog")) == []
    cluster = (PROJECT / "conf/emr/cluster.yml").read_text()
    assert undescribed(cluster, only_top=False) == []


def undescribed(text: str, only_top: bool) -> list[str]:
    return [
        entry.name
        for entry in entries(text)
        if not entry.comment
        and not entry.name.startswith("_")
        and not (only_top and "." in entry.name)
    ]


def test_missing_descriptions_are_noticed() -> None:
    text = "# What it is.\na:\n  # Its number.\n  b: 1\n  c: 2\n\nd: 3\n"
    assert undescribed(text, only_top=False) == ["a.c", "d"]
    assert undescribed(text, only_top=True) == ["d"]


def test_reference_is_made_of_what_is_there() -> None:
    assert "<code>features</code> | 1280 numbers an image" in catalog()
    assert "<code>reduction.quality_images</code> | <code>5000</code>" in parameters()
    assert "<code>data/<wbr>04_feature/<wbr>features</code>" in catalog()
    assert "### kedro history show" in commands()
    bucket, owner = (
        next(line for line in settings().splitlines() if name in line)
        for name in ("FRUIT_FEATURES_BUCKET", "FRUIT_FEATURES_OWNER")
    )
    assert bucket.endswith("| none: it must be set |")
    assert owner.endswith("| none: see `kedro emr plan` |")
    assert "<code>c6i.4xlarge</code> | 0.946 | 0.898 | 0.978 | | 0.900 |" in prices()
    assert table("a|b", [("1\n2", "3")]) == "| a | b |\n| --- | --- |\n| 1 2 | 3 |"


@pytest.mark.parametrize("name", ["docs/extending.md"])
def test_python_of_pages_runs(name: str) -> None:
    code = [block.text for block in blocks(name) if block.language == "python"]
    known: dict = {}
    for block in code:
        exec(block, known)  # noqa: S102
    assert set(known["create_pipeline"]().all_outputs()) == {"label_counts"}


def test_dataset_of_the_page_keeps_lines(tmp_path: Path) -> None:
    code = [b.text for b in blocks("docs/extending.md") if "LinesDataset" in b.text]
    known: dict = {}
    exec(code[0], known)  # noqa: S102
    dataset = known["LinesDataset"](filepath=f"{tmp_path}/new/lines.txt")
    assert not dataset.exists()
    dataset.save(["a", "ß"])
    assert dataset.load() == ["a", "ß"]


def test_pipeline_of_the_page_counts() -> None:
    import pandas as pd

    code = [b.text for b in blocks("docs/extending.md") if "count_labels" in b.text]
    known: dict = {}
    exec(code[0], known)  # noqa: S102
    listing = pd.DataFrame({"label": ["apple", "pear", "pear"]})
    counts = known["count_labels"](listing)
    assert counts.to_dict("list") == {"label": ["pear", "apple"], "images": [2, 1]}
