"""The pipelines by name."""

from collections.abc import Iterator, Mapping
from importlib import import_module

from kedro.pipeline import Pipeline

# A plain run is the sum of the stages; what else there is runs when asked for.
STAGES = ("ingestion", "featurization", "reduction", "reporting")
PIPELINES = (*STAGES, "training", "__default__")


class Pipelines(Mapping[str, Pipeline]):
    """The pipelines, each imported when it is asked for.

    MLlib and matplotlib take seconds to import while Spark needs the cores to start: a
    run of some of the pipelines does without those of the others.
    """

    def __getitem__(self, name: str) -> Pipeline:
        """Make a pipeline, or the sum of the stages.

        Raises:
            KeyError: If there is no such pipeline.
        """
        if name == "__default__":
            return sum((self[stage] for stage in STAGES), start=Pipeline([]))
        if name not in PIPELINES:
            raise KeyError(name)
        module = import_module(f"fruit_features.pipelines.{name}.pipeline")
        pipeline: Pipeline = module.create_pipeline()
        return pipeline

    def __iter__(self) -> Iterator[str]:
        """Go through the names."""
        return iter(PIPELINES)

    def __len__(self) -> int:
        """Count the pipelines."""
        return len(PIPELINES)


def register_pipelines() -> Mapping[str, Pipeline]:
    """Hand the pipelines to Kedro."""
    return Pipelines()
