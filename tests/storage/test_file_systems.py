import subprocess
import sys

import pytest

OPENED = "fsspec.get_filesystem_class('s3a')"


def run(code: str) -> str:
    """Run code in a Python of its own: what is registered stays so."""
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.mark.parametrize("before", [OPENED, "None"])
def test_s3_is_opened_by_the_patient_one(before: str) -> None:
    code = f"""
import fsspec
from fruit_features.storage.file_systems import register_s3
{before}
register_s3()
print(*(fsspec.get_filesystem_class(name).__name__ for name in ("s3", "s3a")))
"""
    assert run(code) == "PatientS3FileSystem PatientS3FileSystem"


def test_registering_loads_no_s3fs() -> None:
    code = """
import sys
from fruit_features.storage.file_systems import register_s3
register_s3()
print("s3fs" in sys.modules)
"""
    assert run(code) == "False"
