"""The page in a real browser."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.pipelines.reporting.test_nodes import (  # noqa: F401
    HOSTILE,
    hostile_report,
    page,
)

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
        tab.wait_for_selector("#projection[data-ready]")
        yield tab
        browser.close()


def test_nothing_leaves_the_page_and_nothing_fails(opened: Page) -> None:
    assert opened.said == []
    beyond = [url for url in opened.asked if not url.startswith(("file:", "data:"))]
    assert [url for url in beyond if not url.startswith("blob:")] == []


def test_hostile_names_are_shown_not_obeyed(opened: Page) -> None:
    assert opened.title().startswith("Fruit features")
    assert opened.locator("td", has_text=HOSTILE).first.is_visible()


def test_pointing_at_an_image_names_it(opened: Page) -> None:
    opened.locator("#projection").scroll_into_view_if_needed()
    box = opened.locator("#overlay").bounding_box()
    # The only image lies in the middle of the axes.
    middle = (box["x"] + 48 + (box["width"] - 58) / 2, box["y"] + 10)
    opened.mouse.move(middle[0], middle[1] + (box["height"] - 50) / 2)
    opened.locator("#tip").wait_for(state="visible")
    assert opened.locator("#tip b").text_content() == HOSTILE
    assert opened.locator("#tip span").text_content() == HOSTILE
    opened.mouse.move(5, 5)
    opened.locator("#tip").wait_for(state="hidden")


def painted(opened: Page) -> int:
    """Count the pixels of the plot that have the first label's colour."""
    return opened.evaluate(
        """() => {
          const dots = document.getElementById("dots");
          const pixels = dots.getContext("2d")
            .getImageData(0, 0, dots.width, dots.height).data;
          let count = 0;
          for (let n = 0; n < pixels.length; n += 4) {
            // Red, and not the grey of the axes.
            if (pixels[n + 3] && pixels[n] > pixels[n + 1] + 60) count += 1;
          }
          return count;
        }"""
    )


def test_labels_are_searched_and_hidden(opened: Page) -> None:
    label = opened.locator("#labels button")
    assert painted(opened) > 0
    label.click()
    assert label.get_attribute("aria-pressed") == "false"
    opened.mouse.move(5, 5)
    opened.wait_for_timeout(100)
    assert painted(opened) == 0
    label.click()
    opened.locator("#search").fill("nothing is called so")
    assert not label.is_visible()
    opened.locator("#search").fill("")
    assert label.is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_is_light_or_dark_as_the_reader_wants(opened: Page, scheme: str) -> None:
    opened.emulate_media(color_scheme=scheme)
    colours = opened.evaluate(
        "[getComputedStyle(document.body).backgroundColor,"
        " getComputedStyle(document.body).color]"
    )
    back, ink = (sum(map(int, c[4:-1].split(","))) for c in colours)
    assert (back > ink) is (scheme == "light")


def test_page_fits_a_phone(opened: Page) -> None:
    opened.set_viewport_size({"width": 380, "height": 800})
    opened.wait_for_function("document.documentElement.scrollWidth <= 380")
