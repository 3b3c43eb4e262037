"""Entry point of the packaged project: ``python -m fruit_features``."""

import logging
import os
import sys
from pathlib import Path


def main() -> None:
    """Run the pipelines as ``kedro run`` does."""
    # The package does not contain the project's .telemetry file.
    os.environ.setdefault("DO_NOT_TRACK", "1")
    # On import, Kedro logs which logging configuration it uses.
    logging.disable(logging.INFO)
    from kedro.framework.cli.utils import find_run_command
    from kedro.framework.project import configure_project

    logging.disable(logging.NOTSET)
    package_name = Path(__file__).parent.name
    configure_project(package_name)
    find_run_command(package_name)(sys.argv[1:])


if __name__ == "__main__":
    main()
