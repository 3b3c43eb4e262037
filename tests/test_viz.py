"""kedro-viz in a real browser, on what a run of a few pictures has left.

Takes some forty seconds: ten for the run on the shared session, as many for the server
and again for the static site, each of which loads the project in Pythons of its own.
"""

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil
import pytest
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.runner import SequentialRunner
from playwright.sync_api import Page, Route, expect, sync_playwright
from pyspark.sql import SparkSession

from tests.clone import copy_project
from tests.pictures import jpeg
from tests.pipelines.reporting.test_page import CHROMIUM

# PySpark 3.5 asks pandas in old ways.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:pyspark")

HOSTILE = "<img src=x onerror=alert(1)>.jpg"
STAGES = ("ingestion", "featurization", "reduction", "reporting")


def free_port() -> int:
    """Below those that systems hand out: of these, kedro-viz takes but the lower."""
    while True:
        with socket.socket() as free, contextlib.suppress(OSError):
            free.bind(("127.0.0.1", random.randrange(20_000, 32_000)))
            return int(free.getsockname()[1])


class Viz:
    """A server of kedro-viz for a project, and the processes it consists of."""

    def __init__(self, project: Path, data: Path) -> None:
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self.log = project / "viz.log"
        kedro = [sys.executable, "-m", "kedro", "viz", "run", "--no-browser"]
        self.process = subprocess.Popen(
            [*kedro, f"--port={port}", f"--params=data={data}"],
            cwd=project,
            # It would ask whether there is a newer version: nobody answers.
            env={**os.environ, "HTTPS_PROXY": "http://127.0.0.1:9"},
            stdout=subprocess.DEVNULL,
            stderr=self.log.open("wb"),
            start_new_session=True,
        )

    def wait(self) -> None:
        end = time.monotonic() + 120
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(URLError):
                self.get("main")
                return
            time.sleep(0.2)
        pytest.fail(f"kedro-viz did not start: {self.log.read_text()}")

    def get(self, path: str) -> dict:
        with urlopen(f"{self.address}/api/{path}") as answer:
            return json.load(answer)

    def programs(self) -> set[str]:
        this = psutil.Process(self.process.pid)
        return {each.name() for each in [this, *this.children(recursive=True)]}

    def stop(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait()


@pytest.fixture(scope="module")
def place(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project: kedro-viz keeps the last run's status beside it."""
    return copy_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def viz(place: Path, spark: SparkSession) -> Iterator[Viz]:
    for label in ("apple", "pear"):
        (place / "images" / label).mkdir(parents=True)
        for number in range(4):
            picture = place / "images" / label / f"{number}.jpg"
            picture.write_bytes(jpeg(number))
    (place / "images" / "pear" / HOSTILE).write_bytes(b"no picture")
    given = {
        "images": str(place / "images"),
        "data": str(place / "data"),
        "featurization": {"max_failure_rate": 1.0},
    }
    server = Viz(place, place / "data")
    try:
        # kedro-viz asks for the working directory's project.
        with pytest.MonkeyPatch.context() as inside:
            inside.chdir(place)
            with KedroSession.create(place, runtime_params=given) as session:
                # kedro-viz keeps the status of runs whose runner is named.
                session.run(runner=SequentialRunner())
        server.wait()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def opened(viz: Viz) -> Iterator[Page]:
    if CHROMIUM is None:
        assert os.environ.get("CI") != "true", "no Chromium on this machine"
        pytest.skip("no Chromium on this machine; Debian's package is `chromium`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-background-networking"],
        )
        tab = browser.new_page(viewport={"width": 1600, "height": 1000})
        tab.refused, tab.said = [], []

        def only_here(route: Route) -> None:
            url = route.request.url
            if url.startswith((viz.address, "data:", "blob:")):
                route.continue_()
            else:
                tab.refused.append(url)
                route.abort()

        tab.route("**/*", only_here)
        tab.on("pageerror", lambda error: tab.said.append(str(error)))
        tab.on("dialog", lambda dialog: tab.said.append(dialog.message))
        # Without the tour through what is new in kedro-viz.
        hints = "localStorage.setItem('KedroViz', '{\"showFeatureHints\": false}')"
        tab.add_init_script(hints)
        tab.goto(viz.address)
        tab.wait_for_selector(".pipeline-node", timeout=60_000)
        yield tab
        browser.close()


def pick(opened: Page, name: str) -> None:
    """Open a dataset's panel, by way of the list."""
    listed = opened.locator("[class*=nodelist]").get_by_text(name, exact=True)
    listed.first.click()
    expect(opened.locator(".pipeline-metadata__title")).to_have_text(name)


def test_pipelines_are_groups_of_nodes(opened: Page) -> None:
    for stage in STAGES:
        group = opened.locator(f".pipeline-node[data-id='{stage}']")
        assert group.get_attribute("data-node-type") == "modularPipeline"


def test_variance_plot_is_shown_and_grows(opened: Page) -> None:
    pick(opened, "variance_plot")
    plot = opened.locator("img.pipeline-metadata__plot-image")
    assert plot.evaluate("image => image.decode().then(() => image.naturalWidth)") > 999
    opened.get_by_text("Expand preview").click()
    expect(
        opened.locator("img.pipeline-metadata__plot-image--expanded")
    ).to_be_visible()
    opened.get_by_text("Back", exact=True).click()


def test_hostile_names_are_shown_not_obeyed(opened: Page) -> None:
    pick(opened, "quarantine")
    panel = opened.locator(".pipeline-metadata")
    expect(panel.get_by_text(f"pear/{HOSTILE}", exact=True)).to_be_visible()
    assert opened.locator("img[src=x]").count() == 0
    assert opened.said == []


def test_pipeline_is_switched(opened: Page) -> None:
    opened.locator(".pipeline-list .dropdown__label").click()
    options = opened.locator(".pipeline-list .menu-option")
    assert set(options.all_inner_texts()) == {"__default__", "training", *STAGES}
    options.get_by_text("training", exact=True).click()
    opened.wait_for_url("**pid=training**")
    expect(opened.locator(".pipeline-node[data-id='training']")).to_be_visible()
    expect(opened.locator(".pipeline-node[data-id='ingestion']")).to_have_count(0)


def test_last_run_is_shown(opened: Page, viz: Viz) -> None:
    ran = viz.get("run-status")["nodes"].values()
    assert len(ran) == len(pipelines["__default__"].nodes)
    assert {node["status"] for node in ran} == {"success"}
    opened.goto(f"{viz.address}/workflow")
    expect(opened.get_by_text("Success", exact=False).first).to_be_visible()


def test_every_node_opens_and_every_preview_is_there(viz: Viz) -> None:
    nodes = viz.get("main")["nodes"]
    kinds = {}
    for node in nodes:
        if node["type"] != "modularPipeline":
            shown = viz.get(f"nodes/{node['id']}")
            if shown.get("preview"):
                kinds[node["name"]] = shown["preview_type"]
            if node["type"] == "task":
                assert '"""' in shown["code"]
    assert (
        kinds.items()
        >= {
            "features": "TablePreview",
            "quarantine": "TablePreview",
            "reduced_features": "TablePreview",
            "reduction_quality": "TablePreview",
            "variance_plot": "ImagePreview",
            "projection_plot": "PlotlyPreview",
            "run_report": "JSONPreview",
        }.items()
    )


def test_no_java_runs_and_nothing_is_asked_of_others(viz: Viz, opened: Page) -> None:
    assert "java" not in viz.programs()
    # A font that kedro-viz would like; it does without.
    beyond = [url for url in opened.refused if "//fonts.googleapis.com/" not in url]
    assert beyond == []


def test_static_site_is_built_from_the_same(place: Path, viz: Viz) -> None:
    build = [sys.executable, "-m", "kedro", "viz", "build", "--include-previews"]
    subprocess.run(build, cwd=place, check=True, capture_output=True, timeout=120)
    api = place / "build" / "api"
    (quarantine,) = (
        node["id"]
        for node in json.loads((api / "main").read_text())["nodes"]
        if node["name"] == "quarantine"
    )
    shown = json.loads((api / "nodes" / quarantine).read_text())["preview"]
    assert shown["data"][0][0] == f"pear/{HOSTILE}"
