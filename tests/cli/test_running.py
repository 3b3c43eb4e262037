"""Each mistake of a user gives one message, a non-zero exit and no stack trace.

Through the command itself; none of these gets as far as starting Spark.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from kedro.io.core import DatasetError

from fruit_features.cli import cli
from fruit_features.cli.running import _explain
from fruit_features.exceptions import ImageFolderError
from fruit_features.hooks import preflight
from fruit_features.hooks.java import temporary_folders
from tests.pictures import jpeg


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    (folder / "apple").mkdir(parents=True)
    (folder / "apple" / "1.jpg").write_bytes(jpeg())
    return folder


@pytest.fixture
def run(project: Path, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(project)
    # A mistake ends the program, and what it was starting; here it would live on.
    start = "fruit_features.hooks.session.start_in_background"
    monkeypatch.setattr(start, lambda master: None)

    def run_command(*options: str, **given: object) -> Result:
        given = {"images": images, "data": tmp_path / "data", **given}
        params = ",".join(f"{name}={value}" for name, value in given.items())
        return CliRunner().invoke(cli, ["run", *options, "--params", params])

    return run_command


def the_message(result: Result) -> str:
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    said = [line for line in result.output.splitlines() if line.startswith("Error: ")]
    assert len(said) == 1
    return said[0]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"ingestion.limit": 0}, "ingestion.limit=0: expected a whole number"),
        ({"reduction.components": -1}, "reduction.components=-1: expected a whole"),
        ({"reduction.variance": 1.5}, "reduction.variance=1.5: expected a number"),
        (
            {"reduction.components": 5, "reduction.variance": 0.9},
            "both say how many components to keep; give one of them",
        ),
        (
            {"reduction.componets": 5},
            "unknown parameter 'reduction.componets'; did you mean "
            "'reduction.components'?",
        ),
        ({"image": "x"}, "unknown parameter 'image'; did you mean 'images'?"),
        ({"backbone.weights": "mine.txt"}, "expected bundled, imagenet or a file"),
        ({"backbone.weights": "/no/such.weights.h5"}, "no such file"),
        ({"backbone.alpha": 1.0}, "bundled is alpha 0.35 at 96 px"),
        ({"backbone.alpha": 0.4}, "backbone.alpha=0.4: expected one of 0.35"),
        ({"backbone.precision": "int4"}, "expected one of float32, int8"),
        ({"featurization.max_failure_rate": 5}, "expected a number from 0 to 1"),
        ({"featurization.retry_quarantined": "maybe"}, "expected true or false"),
        (
            {"backbone.weights": "imagenet", "backbone.input_size": 100},
            "backbone.input_size=100: expected one of 96",
        ),
    ],
)
def test_bad_parameters(run, given: dict[str, object], message: str) -> None:
    assert message in the_message(run(**given))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--runner", "ParallelRunner"], "session lives in one process; expected Seq"),
        (
            ["--runner", "ThreadRuner"],
            "ThreadRuner: Kedro has no such runner; expected",
        ),
        (["--runner", "fruit_features.x.Y"], "x.Y: Kedro has no such runner; expected"),
        (["--async"], "SequentialRunner or ThreadRunner, without --async"),
        (["--runner-params", "is_async=True"], "ThreadRunner, without --async"),
    ],
)
def test_runners_that_do_not_serve(run, options: list[str], message: str) -> None:
    assert message in the_message(run(*options))


@pytest.mark.parametrize("ran_before", [False, True])
def test_a_second_run_on_the_same_data(
    run, tmp_path: Path, ran_before: bool, caplog: pytest.LogCaptureFixture
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    if ran_before:
        # What the other run is writing is not even looked at.
        (data / "08_reporting").mkdir()
        (data / "08_reporting/run_state.json").write_text('{"fing')
    holder = (
        "import sys\n"
        "from pathlib import Path\n"
        "from fruit_features.storage.run_lock import RunLock\n"
        "lock = RunLock(Path(sys.argv[1]))\n"
        "lock.acquire()\n"
        "print('at work', flush=True)\n"
        "sys.stdin.read()\n"
    )
    first = subprocess.Popen(
        [sys.executable, "-c", holder, str(data)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert first.stdout.readline() == "at work\n"
        message = the_message(run())
    finally:
        first.kill()
        first.wait()
    assert f"another run (process {first.pid}) is at work in '{data}'" in message
    there = [data / ".lock", *[data / "08_reporting"] * ran_before]
    assert sorted(data.iterdir()) == there
    assert "counts as not there" not in caplog.text


def test_two_mistakes_are_told_at_once(run) -> None:
    message = the_message(run(**{"ingestion.limit": 0, "reduction.variance": 2}))
    assert "ingestion.limit=0" in message
    assert "reduction.variance=2" in message


def test_environment_that_is_not_there(project: Path, monkeypatch) -> None:
    monkeypatch.chdir(project)
    message = the_message(CliRunner().invoke(cli, ["run", "--env", "typo"]))
    assert "no environment 'typo'" in message
    assert "there are: base" in message


def test_broken_files_of_earlier_runs(
    run, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    derived = ["run_state.json", "run_facts.json"]
    for name in (f"08_reporting/{name}" for name in derived):
        file = tmp_path / "data" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text('{"stages": [1, 2')
    listed = tmp_path / "data/erasures/erased.json"
    listed.parent.mkdir()
    listed.write_text('{"salt": "')
    # What a run writes anew is no hindrance; who was erased cannot be made up.
    message = the_message(run())
    assert message.startswith(f"Error: cannot read '{listed}', whose content is broken")
    assert "put a copy of it back" in message
    said = [line for line in caplog.messages if "counts as not there" in line]
    assert [line.rsplit("/", 1)[1] for line in said] == derived


def test_no_such_folder(run) -> None:
    assert "no such folder of images: '/no/where'" in the_message(
        run(images="/no/where")
    )


def test_folder_without_an_image(run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").touch()
    assert "no image in" in the_message(run(images=tmp_path / "empty"))


def test_output_folder_that_cannot_be(run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    message = the_message(run(data=tmp_path / "file" / "data"))
    assert "cannot write results to" in message
    assert "Not a directory" in message


def test_no_space_for_the_results(run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "BASE_BYTES", 2**60)
    assert "MB needed; make room, or" in the_message(run())


def test_no_space_for_these_images(run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "ROW_BYTES", 2**60)
    assert "MB needed; make room, or" in the_message(run())


def test_weights_that_do_not_fit(run, tmp_path: Path) -> None:
    import h5py

    with h5py.File(tmp_path / "other.weights.h5", "w") as file:
        file["layers/conv/vars/0"] = [0.0] * 10
    given = {"backbone.weights": tmp_path / "other.weights.h5", "backbone.alpha": 0.5}
    message = the_message(run(**given))
    assert "holds 10 numbers, which do not fit backbone.alpha=0.5" in message


def test_disk_that_fills_up_meanwhile() -> None:
    error = OSError(28, "No space left on device")
    said = _explain(error) or ""
    assert "make room and run again to go on" in said
    folder = Path(said.split("'")[1])
    places = (temporary_folders({})[0], "data", ".")
    frees = [shutil.disk_usage(place).free for place in places if Path(place).is_dir()]
    assert shutil.disk_usage(folder).free == pytest.approx(min(frees), rel=0.1)
    nowhere = FileNotFoundError("No usable temporary directory found in ['/tmp']")
    assert "['/tmp']; make room in one, or name another" in (_explain(nowhere) or "")


def test_catalogs_wrapping_is_taken_off() -> None:
    wrapped = DatasetError("raw_images: no image")
    wrapped.__cause__ = ImageFolderError("no image")
    assert _explain(wrapped) == "no image"


def test_errors_of_the_program_are_not_hidden() -> None:
    assert _explain(KeyError("x")) is None
    assert _explain(DatasetError("x")) is None


def test_sample_command_writes_and_keeps(tmp_path: Path) -> None:
    arguments = ["sample", "--folder", str(tmp_path / "s"), "--images-per-label", "1"]
    first = CliRunner().invoke(cli, arguments)
    again = CliRunner().invoke(cli, arguments)
    assert "pictures generated" in first.output
    assert "complete, kept as it is" in again.output
    refused = CliRunner().invoke(cli, ["sample", "--images-per-label", "0"])
    assert refused.exit_code != 0
    assert "0 is not in the range 1<=x<=1000" in refused.output
