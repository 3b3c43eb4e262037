"""The page in a real browser."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.pipelines.reporting.test_nodes import HOSTILE, page  # noqa: F401

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def opened(page: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:  # noqa: F811
    if CHROMIUM is None:
        assert os.environ.get("CI") != "true", "no Chromium on this machine"
        pytest.skip("no Chromium on this machine; Debian's package is `chromium`")
    place = tmp_path_factory.mktemp("page") / "report.html"
    place.write_text(page)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-background-networking"],
        )
        tab = browser.new_page()
        tab.said, tab.asked = [], []
        tab.on(
            "console",
            lambda message: message.type == "error" and tab.said.append(message.text),
        )
        tab.on("pageerror", lambda error: tab.said.append(str(error)))
        tab.on("request", lambda request: tab.asked.append(request.url))
        tab.goto(place.as_uri())
        tab.wait_for_selector("#projection .plot-container")
        yield tab
        browser.close()


def test_nothing_leaves_the_page_and_nothing_fails(opened: Page) -> None:
    assert opened.said == []
    beyond = [url for url in opened.asked if not url.startswith(("file:", "data:"))]
    assert [url for url in beyond if not url.startswith("blob:")] == []


def test_hostile_names_are_shown_not_obeyed(opened: Page) -> None:
    assert opened.title().startswith("Fruit features")
    assert opened.locator("td", has_text=HOSTILE).first.is_visible()


def test_projection_is_drawn(opened: Page) -> None:
    title = opened.locator("#projection .gtitle").text_content()
    assert title == "1 images on the first two components"


def test_page_fits_a_phone(opened: Page) -> None:
    opened.set_viewport_size({"width": 380, "height": 800})
    # Plotly draws anew a moment after the window's size has changed.
    opened.wait_for_function("document.documentElement.scrollWidth <= 380")
