"""What the figures were measured on."""

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGES = (
    "ai-edge-litert",
    "fruit_features",
    "kedro",
    "keras",
    "numpy",
    "pandas",
    "pillow",
    "pyarrow",
    "pyspark",
    "tensorflow-cpu",
)


def describe_machine() -> dict[str, Any]:
    """Return processor, memory, system and versions."""
    return {
        "processor": _processor(),
        "cores": cores(),
        "memory_gb": round(_memory_bytes() / 2**30, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "java": _java(),
        "load_average": os.getloadavg(),
        "versions": {name: _version(name) for name in PACKAGES},
    }


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0))


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _java() -> str | None:
    from fruit_features.hooks.java import find_java_home

    home = find_java_home()
    program = str(Path(home, "bin", "java")) if home else "java"
    try:
        shown = subprocess.run(
            [program, "-version"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return shown.stderr.splitlines()[0]


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
