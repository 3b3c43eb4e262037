"""The pipelines by name."""

from kedro.pipeline import Pipeline

from fruit_features.pipelines.featurization import pipeline as featurization
from fruit_features.pipelines.ingestion import pipeline as ingestion
from fruit_features.pipelines.reduction import pipeline as reduction
from fruit_features.pipelines.reporting import pipeline as reporting
from fruit_features.pipelines.training import pipeline as training


def register_pipelines() -> dict[str, Pipeline]:
    """Name the pipelines; a plain run is the sum of the stages."""
    stages = {
        "ingestion": ingestion.create_pipeline(),
        "featurization": featurization.create_pipeline(),
        "reduction": reduction.create_pipeline(),
        "reporting": reporting.create_pipeline(),
    }
    return {
        **stages,
        # Makes the bundled backbone: run when asked for, not with every run.
        "training": training.create_pipeline(),
        "__default__": sum(stages.values(), start=Pipeline([])),
    }
