import subprocess
from pathlib import Path

from cluster import environment

VARIABLES = {
    "PLACE": '/a folder/it\'s "here" $HOME `ls` é',
    "EQUATION": "a=b=c",
    "EMPTY": "",
}


def test_shell_and_read_find_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "env"
    environment.write(path, VARIABLES)
    assert environment.read(path) == VARIABLES
    done = subprocess.run(
        ["bash", "-ceu", 'source "$1" && env -0', "bash", str(path)],
        env={"AWS_PROFILE": "production"},
        capture_output=True,
        check=True,
    )
    sourced = dict(
        entry.split("=", 1) for entry in done.stdout.decode().split("\0") if entry
    )
    assert VARIABLES.items() <= sourced.items()
    assert "AWS_PROFILE" not in sourced


def test_cleared_as_by_source() -> None:
    given = {"AWS_SESSION_TOKEN": "x", "SPARK_HOME": "/usr/lib/spark", "HOME": "/h"}
    assert environment.cleared(given) == {"HOME": "/h"}
