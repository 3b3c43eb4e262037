"""Hours and nodes from images, by figures that a reader can check by hand."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from kedro_emr.errors import SettingsError
from kedro_emr.estimate import (
    break_even,
    dollars_per_hour,
    driver_gb,
    estimate,
    for_deadline,
    local_hours,
    vcpu_rate,
    with_driver,
    with_workers,
)
from kedro_emr.prices import table_prices
from kedro_emr.settings import ClusterSettings
from tests.kedro_emr.settings_examples import settings

PRICES = table_prices("eu-west-1")


@pytest.fixture
def plain() -> ClusterSettings:
    """A core does 100 images a second, 50 with fetching them; a vCPU is a core."""
    return settings(
        pace={
            "featurized": 100,
            "ingested": 100,
            "listed": 100_000,
            "listed_gb": 1.0,
            "vcpu_share": 1,
            "startup_minutes": 6,
            "fixed_minutes": 3,
            "local_cores": 2,
            "local_fixed_minutes": 0,
        }
    )


def test_hours_are_start_listing_work_and_idleness(plain: ClusterSettings) -> None:
    assert vcpu_rate(plain) == 50
    found = estimate(plain, PRICES, 5_760_000)
    # Two nodes of 16 vCPUs do 1,600 images a second: an hour's work.
    assert (found.workers, found.vcpus, found.images_per_second) == (2, 32, 1600)
    assert found.startup_hours == pytest.approx(0.1)
    assert found.listing_hours == pytest.approx(57.6 / 3600)
    assert found.work_hours == pytest.approx(1.05)
    assert found.idle_hours == pytest.approx(0.25)
    assert found.hours_to_result == pytest.approx(1.166)
    assert found.hours == pytest.approx(1.416)
    assert found.executors == 8


def test_price_is_of_all_nodes_and_volumes(plain: ClusterSettings) -> None:
    volumes = 3 * (64 + 30) * 0.088 / 730
    hour = 0.214 + 0.048 + 2 * (0.7296 + 0.17) + volumes
    assert dollars_per_hour(plain, PRICES) == pytest.approx(hour)
    found = estimate(plain, PRICES, 5_760_000)
    assert found.dollars == pytest.approx(found.hours * hour)


def test_a_hyperthread_is_less_than_a_core(plain: ClusterSettings) -> None:
    half = replace(plain, pace=replace(plain.pace, vcpu_share=0.5))
    assert estimate(half, PRICES, 1).images_per_second == 800


def test_pace_is_what_was_measured(project: Path) -> None:
    # On the slower of two processors.
    pace, results = settings().pace, project / "benchmarks/results"
    bench = json.loads((results / "2026-11-25T081209-bench.json").read_text())
    (steady,) = (
        each["figures"]["steady_rate"]
        for each in bench["measurements"]
        if (each["contender"], each["count"]) == ("project", 20_000)
    )
    assert pace.featurized == int(steady) // 2
    on_s3 = json.loads((results / "2026-11-25T075535-s3.json").read_text())
    (rate,) = (
        each["rate"]
        for each in on_s3["results"]
        if (each["reader"], each["delay"]) == ("ingestion", 0.03)
    )
    assert pace.ingested == int(rate) // 2
    page = (project / "docs/performance.md").read_text()
    assert f"at {int(steady)} images/s with 20,000" in page
    assert "38 seconds and most of the gigabyte" in page
    assert pace.listed == pytest.approx(1e6 / 38, rel=0.02)


@pytest.mark.parametrize(
    ("hours", "workers"), [(10.0, 1), (2.2, 1), (2.1, 2), (1.17, 2), (0.5, 6)]
)
def test_as_few_workers_as_keep_the_deadline(
    plain: ClusterSettings, hours: float, workers: int
) -> None:
    sized = for_deadline(plain, PRICES, 5_760_000, hours)
    found = estimate(sized, PRICES, 5_760_000)
    assert found.workers == workers
    assert found.hours_to_result <= hours
    if workers > 1:
        less = estimate(with_workers(plain, workers - 1), PRICES, 5_760_000)
        assert less.hours_to_result > hours


def test_deadline_that_cannot_be_kept(plain: ClusterSettings) -> None:
    message = "deadline=0.3 hours: 5,760,000 images take 8 workers 0.4 hours; give more"
    with pytest.raises(SettingsError, match=message):
        for_deadline(plain, PRICES, 5_760_000, 0.3)


def test_more_workers_are_task_nodes(plain: ClusterSettings) -> None:
    sized = with_workers(plain, 12)
    assert (sized.core.count, sized.task.count) == (1, 11)
    assert (sized.scaling.maximum, sized.scaling.maximum_core) == (12, 1)
    only_core = with_workers(settings(task__count=0), 3)
    assert (only_core.core.count, only_core.task.count) == (3, 0)
    assert only_core.scaling.maximum_core == 3
    one = with_workers(plain, 1)
    assert (one.core.count, one.task.count) == (1, 0)


def test_primary_node_grows_with_the_list_of_images(plain: ClusterSettings) -> None:
    assert driver_gb(plain, 50_000_000) == 60
    assert with_driver(plain, PRICES, 6_000_000) is plain
    sized = with_driver(plain, PRICES, 50_000_000)
    # The cheapest of those with 60 GB, and of the same kind of processor.
    assert sized.primary.instance_type == "r5.2xlarge"
    arm = with_driver(settings(primary__instance_type="m6g.xlarge"), PRICES, 40_000_000)
    assert arm.primary.instance_type == "m6g.4xlarge"
    with pytest.raises(SettingsError, match="images=1000000000: the driver would need"):
        with_driver(plain, PRICES, 1_000_000_000)


def test_break_even_is_where_both_take_the_same_time(plain: ClusterSettings) -> None:
    images = break_even(plain, PRICES)
    assert images
    cluster = estimate(plain, PRICES, images).hours_to_result
    assert cluster == pytest.approx(local_hours(plain, images), rel=1e-4)
    before = estimate(plain, PRICES, images // 2).hours_to_result
    assert before > local_hours(plain, images // 2)


def test_cluster_that_never_pays(plain: ClusterSettings) -> None:
    slow = replace(plain, pace=replace(plain.pace, local_cores=32))
    assert break_even(slow, PRICES) is None
