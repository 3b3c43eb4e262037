"""The lock of a run's data is given up however the run ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from kedro.framework.hooks import hook_impl
from kedro.framework.project import settings
from kedro.framework.session import KedroSession
from kedro.runner import SequentialRunner

from fruit_features.hooks import lock as data_lock
from fruit_features.storage.run_lock import RunLock
from tests.pictures import jpeg


class Refusing:
    """A hook that ends a run before it begins."""

    @hook_impl
    def before_pipeline_run(self) -> None:
        raise ZeroDivisionError


class Finding:
    """A hook that finds a run to have failed."""

    @hook_impl
    def after_pipeline_run(self) -> None:
        raise ZeroDivisionError


class Runner(SequentialRunner):
    """Ends at once, by an error or without one."""

    def __init__(self, error: BaseException | None = None) -> None:
        super().__init__()
        self._error = error

    def run(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        assert data_lock._held
        if self._error:
            raise self._error
        return {}


@pytest.mark.parametrize(
    ("hook", "error"),
    [
        (Refusing(), None),
        (Finding(), None),
        (None, ZeroDivisionError()),
        (None, KeyboardInterrupt()),
        (None, SystemExit()),
        (None, None),
    ],
)
def test_every_session_of_a_process_gives_it_up(
    hook: object,
    error: BaseException | None,
    project: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(project)
    session: KedroSession = settings.SESSION_CLASS.create(
        project, runtime_params={"data": str(tmp_path)}
    )
    if hook:
        session._hook_manager.register(hook)
    if hook or error:
        with pytest.raises(type(error or ZeroDivisionError())):
            session.run(pipeline_names=["training"], runner=Runner(error))
    else:
        session.run(pipeline_names=["training"], runner=Runner())
    if not isinstance(hook, Refusing):
        assert (tmp_path / ".lock").exists()
    lock = RunLock(tmp_path)
    lock.acquire()
    lock.release()
    assert data_lock._held is None
    # What was kept of the last whole run holds on.
    assert not (tmp_path / "08_reporting/run_state.json").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_says_that_it_can_go_on(
    number: signal.Signals, project: Path, tmp_path: Path
) -> None:
    """Some ten seconds each: a run is stopped when it has begun, and starts Java."""
    (tmp_path / "images/apple").mkdir(parents=True)
    (tmp_path / "images/apple/1.jpg").write_bytes(jpeg())
    data = tmp_path / "data"
    params = f"images={tmp_path}/images,data={data}"
    run = subprocess.Popen(
        [sys.executable, "-m", "kedro", "run", "--params", params],
        cwd=project,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "DO_NOT_TRACK": "1"},
    )
    begun = data / "08_reporting/history/run_begun"
    until = time.monotonic() + 60
    while not begun.exists():
        assert run.poll() is None
        assert time.monotonic() < until
        time.sleep(0.05)
    run.send_signal(number)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 128 + number
    errors = [line for line in said.splitlines() if line.startswith("Error: ")]
    assert errors == [
        "Error: stopped; what is written so far stays, run again to go on"
    ], said
    assert "Traceback" not in said
    lock = RunLock(data)
    lock.acquire()
    lock.release()
