"""What MkDocs calls while it builds: puts in what is made from the code.

``<!-- made: catalog -->`` in a page becomes what ``reference.py`` makes of the name,
``<!-- drawn: flow -->`` what ``diagrams.py`` draws.
"""

import re
from pathlib import Path
from typing import Any

from diagrams import DRAWN
from mkdocs.structure.files import File, Files
from reference import MADE

PROJECT = Path(__file__).parents[1]
RESULTS = "benchmarks/results"


def on_files(files: Files, config: Any, **_: Any) -> Files:
    """Take in the measured figures, which lie outside the pages' folder."""
    for result in sorted((PROJECT / RESULTS).glob("*.json")):
        name = f"{RESULTS}/{result.name}"
        files.append(File.generated(config, name, abs_src_path=str(result)))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put tables and drawings where a page asks for them."""
    markdown = markdown.replace(f"](../{RESULTS}/", f"]({RESULTS}/")
    return re.sub(r"<!-- (made|drawn): (\w+) -->", _make, markdown)


def _make(found: re.Match[str]) -> str:
    # A name that is not there ends the build.
    return (MADE if found[1] == "made" else DRAWN)[found[2]]()
