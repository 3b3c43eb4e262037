"""Check of local folders for write permission and free space."""

import shutil
import tempfile
from pathlib import Path

from fruit_features.exceptions import OutputFolderError


def check_folder(folder: Path, needed: int, refusal: str, advice: str) -> None:
    """Create a folder if missing; check write permission and ``needed`` free bytes.

    Raises:
        OutputFolderError: Reads ``<refusal> <folder>: <fault>; <advice>``.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            free = shutil.disk_usage(folder).free
        if free >= needed:
            return
        fault = f"{free / 2**20:,.0f} MB free, some {needed / 2**20:,.0f} MB needed"
    except OSError as error:
        fault = str(error.strerror)
    raise OutputFolderError(f"{refusal} {str(folder)!r}: {fault}; {advice}")
