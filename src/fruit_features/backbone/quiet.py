"""Keeps native libraries' notes off the terminal."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def silence_stderr() -> Iterator[None]:
    """Send what this process writes to descriptor 2 to nowhere.

    TensorFlow and LiteRT write notes from C++ there, which Python's logging cannot
    reach. Python's own errors pass as exceptions all the same.
    """
    saved = os.dup(2)
    try:
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
            yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
