"""The examples that the datasets' docstrings give do what they say."""

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

from fruit_features import datasets

MODULES = [
    importlib.import_module(f"{datasets.__name__}.{module.name}")
    for module in pkgutil.iter_modules(datasets.__path__)
]
EXAMPLES = [
    example
    for module in MODULES
    for example in doctest.DocTestFinder(exclude_empty=True).find(module)
    if example.examples
]


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 4


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_example(example: doctest.DocTest, tmp_path: Path) -> None:
    shown: list[str] = []
    example.globs["tmp_path"] = tmp_path
    found = doctest.DocTestRunner().run(example, out=shown.append, clear_globs=False)
    assert found.attempted
    assert not found.failed, "".join(shown)
