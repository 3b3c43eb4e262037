"""Whether a folder of this machine can be written to."""

import shutil
import tempfile
from pathlib import Path

from fruit_features.exceptions import OutputFolderError


def check_folder(folder: Path, needed: int, refusal: str, advice: str) -> None:
    """Make a folder, and refuse one without the right to write or without room.

    Args:
        folder: The folder.
        needed: Bytes that must be free on its disk.
        refusal: How the message begins, before the folder's name.
        advice: How it ends.

    Raises:
        OutputFolderError: Naming the folder.
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
