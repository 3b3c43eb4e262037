"""`kedro run` with one-line errors and a clean exit after a signal."""

import contextlib
import functools
import logging
import os
import re
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any, NoReturn

import click
from kedro.framework.cli.project import run as kedro_run
from kedro.io.core import DatasetError
from kedro.runner import AbstractRunner, ParallelRunner
from kedro.utils import load_obj

from fruit_features.datasets.lazy_dataset import is_broken
from fruit_features.exceptions import FruitFeaturesError, ParameterError
from fruit_features.hooks.java import temporary_folders
from fruit_features.hooks.spark_application import (
    aside,
    cancel_jobs,
    end_application,
    why_not_started,
)
from fruit_features.places import params_option

STOPPED = "stopped; what is written so far stays, run again to go on"


def _explain(error: BaseException) -> str | None:
    """Return a one-line message, or ``None`` for a bug, which gets a traceback."""
    if isinstance(error, FruitFeaturesError):
        return str(error)
    if isinstance(error, DatasetError) and is_broken(error):
        unreadable = _explain_unreadable(str(error))
        if unreadable:
            return unreadable
    wrapped = _wrapped(error)
    if wrapped:
        return _explain(wrapped)
    return why_not_started(error) or _explain_text(str(error))


def _wrapped(error: BaseException) -> BaseException | None:
    """Return the cause that Kedro wrapped in a ``DatasetError``."""
    if isinstance(error, DatasetError):
        return error.__cause__
    return None


def _explain_unreadable(text: str) -> str | None:
    # ... from dataset X(filepath=PurePosixPath('/a/b.json'), protocol='file', ...).
    found = re.match(
        r"Failed while loading .*?\b(?:file)?path=\D*?'([^']+)'.*\n(?s:(.*))", text
    )
    if not found:
        return None
    return (
        f"cannot read '{found[1]}', whose content is broken: {found[2].strip()}; put a "
        "copy of it back, or delete it if it is not in erasures/: a run makes it anew"
    )


def _explain_text(text: str) -> str | None:
    # Spark embeds a worker's traceback in its own message.
    of_worker = re.search(r"^fruit_features\.exceptions\.\w+: (.+)$", text, re.M)
    if of_worker:
        return of_worker.group(1)
    if "No usable temporary directory" in text:
        return f"{text}; make room in one, or name another: export TMPDIR=<folder>"
    if "No space left on device" in text:
        # Java does not name the disk.
        full = min(_folders(), key=lambda folder: shutil.disk_usage(folder).free)
        return (
            f"no space left on the disk of {full!r}; what is written so far stays, "
            "make room and run again to go on"
        )
    return None


def _folders() -> list[str]:
    """Return the local folders that a run writes to."""
    context = click.get_current_context(silent=True)
    given = (context.params.get("params") if context else None) or {}
    folders = [str(given.get("data", "data")), *temporary_folders({}), "."]
    return list(filter(os.path.isdir, folders))


def _check_runner(options: dict[str, Any]) -> None:
    """Raise ``ParameterError`` for a runner that Spark or generator nodes rule out."""
    name = options.get("runner") or "SequentialRunner"
    try:
        runner = load_obj(name, "kedro.runner")
        served = issubclass(runner, AbstractRunner)
    except (ImportError, AttributeError, TypeError, ValueError):
        served = False
    parallel = served and issubclass(runner, ParallelRunner)
    at_once = (options.get("runner_params") or {}).get("is_async")
    given = ""
    if not served:
        given = f"--runner {name}: Kedro has no such runner"
    elif parallel:
        given = f"--runner {name}: Spark's session lives in one process"
    elif options.get("is_async") or at_once:
        given = "--async: a node hands on what it has read while it reads"
    if given:
        message = f"{given}; expected SequentialRunner or ThreadRunner, without --async"
        raise ParameterError(message)


@contextlib.contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """Treat SIGTERM as an interrupt, and log nothing after either."""

    def stop(number: int, _: object) -> NoReturn:
        logging.disable()
        # ThreadRunner waits for its nodes, and these for Java.
        threading.Thread(target=cancel_jobs).start()
        raise KeyboardInterrupt(number)

    before = {
        number: handler
        for number in (signal.SIGINT, signal.SIGTERM)
        # Keep ignoring signals, such as in a script's background job.
        if (handler := signal.getsignal(number)) not in (signal.SIG_IGN, None)
    }
    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@click.command(
    name="run",
    params=[option for option in kedro_run.params if option.name != "params"],
    help=kedro_run.help,
)
@params_option
@functools.wraps(kedro_run.callback)  # type: ignore[arg-type]
def run(*args: Any, **kwargs: Any) -> Any:
    """Run pipelines as Kedro does; print user errors as one line."""
    try:
        with _stopped_by_signals():
            _check_runner(kwargs)
            outputs = kedro_run.callback(*args, **kwargs)  # type: ignore[misc]
            end_application(failed=False)
            return outputs
    except Exception as error:
        message = _explain(error)
        if message is not None:
            # Print first: ending the application takes a cluster some seconds.
            click.secho(f"Error: {message}", fg="red", err=True)
        end_application(failed=True)
        if message is None:
            raise
        sys.exit(1)
    except KeyboardInterrupt as stop:
        click.secho(f"Error: {STOPPED}", fg="red", err=True)
        aside(functools.partial(end_application, failed=True))
        sys.exit(128 + (stop.args or (signal.SIGINT,))[0])
