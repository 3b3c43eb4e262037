"""The pipelines by name."""

from kedro.framework.project import find_pipelines
from kedro.pipeline import Pipeline

# Makes the bundled backbone: run when asked for, not with every run.
ON_DEMAND = ("training",)


def register_pipelines() -> dict[str, Pipeline]:
    """Find the pipelines; a plain run is the sum of those not made on demand."""
    pipelines = find_pipelines(raise_errors=True)
    pipelines["__default__"] = sum(
        (pipeline for name, pipeline in pipelines.items() if name not in ON_DEMAND),
        start=Pipeline([]),
    )
    return pipelines
