import datetime as dt
import json
from types import SimpleNamespace
from typing import Any

import pytest

from fruit_features.hooks import facts as run_facts
from fruit_features.hooks.facts import RunClock


class Hands:
    """What the clock reads; a test moves it on."""

    seconds = 100.0

    def wait(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    hands = Hands()
    clock = SimpleNamespace(monotonic=lambda: hands.seconds)
    monkeypatch.setattr(run_facts, "time", clock)
    return hands


def measured(clock: RunClock) -> dict[str, Any]:
    return {
        name: (stage["nodes"], stage["seconds"])
        for name, stage in clock.facts()["stages"].items()
    }


def test_adds_up_nodes_to_stages(hands: Hands) -> None:
    clock = RunClock("local", {})
    hands.wait(1)
    assert clock.start("list", "ingestion")
    hands.wait(2.5)
    clock.stop("list", "ingestion")
    assert not clock.start("read", "ingestion")
    hands.wait(4)
    clock.stop("read", "ingestion")
    assert clock.start("fit", "reduction")
    hands.wait(0.25)
    clock.stop("fit", "reduction")
    assert measured(clock) == {
        "ingestion": ({"list": 2.5, "read": 4.0}, 6.5),
        "reduction": ({"fit": 0.25}, 0.25),
    }
    assert clock.facts()["seconds"] == 7.75


def test_a_node_begins_once_and_ends_with_its_last_output(hands: Hands) -> None:
    clock = RunClock("local", {})
    assert clock.start("featurize", "featurization")
    hands.wait(1)
    assert not clock.start("featurize", "featurization")  # its second input
    hands.wait(1)
    clock.stop("featurize", "featurization")
    assert measured(clock) == {"featurization": ({"featurize": 2.0}, 2.0)}
    hands.wait(3)
    clock.stop("featurize", "featurization")
    assert measured(clock) == {"featurization": ({"featurize": 5.0}, 5.0)}


def test_a_node_without_inputs_takes_no_time(hands: Hands) -> None:
    clock = RunClock("local", {})
    hands.wait(5)
    clock.stop("make", "ingestion")
    assert measured(clock) == {"ingestion": ({"make": 0.0}, 0.0)}


def test_a_stage_that_is_left_out_keeps_its_earlier_facts(hands: Hands) -> None:
    first = RunClock("local", {})
    for stage in ("ingestion", "reduction"):
        first.start(f"{stage} node", stage)
        hands.wait(2)
        first.stop(f"{stage} node", stage)
    earlier = json.loads(json.dumps(first.facts()))
    second = RunClock("emr", earlier)
    assert second.facts()["stages"] == earlier["stages"]

    second.start("other node", "reduction")
    hands.wait(7)
    second.stop("other node", "reduction")
    facts = second.facts()
    assert facts["stages"]["ingestion"] == earlier["stages"]["ingestion"]
    assert measured(second)["reduction"] == ({"other node": 7.0}, 7.0)
    assert facts["stages"]["reduction"]["started"] >= facts["started"]
    assert (facts["environment"], facts["seconds"]) == ("emr", 7.0)


def test_earlier_facts_are_not_changed(hands: Hands) -> None:
    earlier = {"stages": {"a": {"started": "then", "nodes": {"n": 1.0}}}}
    clock = RunClock("local", earlier)
    clock.start("m", "a")
    clock.stop("m", "a")
    assert earlier == {"stages": {"a": {"started": "then", "nodes": {"n": 1.0}}}}


def test_times_are_utc_and_fit_for_json() -> None:
    before = dt.datetime.now(dt.timezone.utc)
    clock = RunClock("local", {})
    clock.start("n", "a")
    clock.stop("n", "a")
    facts = json.loads(json.dumps(clock.facts()))
    said = (facts["started"], facts["stages"]["a"]["started"], facts["finished"])
    times = [dt.datetime.fromisoformat(text) for text in said]
    assert all(time.utcoffset() == dt.timedelta(0) for time in times)
    order = [before, *times, dt.datetime.now(dt.timezone.utc)]
    assert order == sorted(order)
    assert 0 <= facts["seconds"] < 5
