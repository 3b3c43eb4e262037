"""Registry of the pipelines."""

from collections.abc import Iterator, Mapping
from importlib import import_module

from kedro.pipeline import Pipeline

# The default pipeline is the sum of the stages; the others run on request.
STAGES = ("ingestion", "featurization", "reduction", "reporting")
PIPELINES = (*STAGES, "training", "__default__")


class Pipelines(Mapping[str, Pipeline]):
    """The pipelines by name, imported lazily.

    MLlib and matplotlib take seconds to import, while Spark needs the cores to start.
    """

    def __getitem__(self, name: str) -> Pipeline:
        """Import and create a pipeline; raise ``KeyError`` for an unknown name."""
        if name == "__default__":
            return sum((self[stage] for stage in STAGES), start=Pipeline([]))
        if name not in PIPELINES:
            raise KeyError(name)
        module = import_module(f"fruit_features.pipelines.{name}.pipeline")
        pipeline: Pipeline = module.create_pipeline()
        return pipeline

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(PIPELINES)

    def __len__(self) -> int:
        """Count the pipelines."""
        return len(PIPELINES)


def register_pipelines() -> Mapping[str, Pipeline]:
    """Return the pipelines to Kedro."""
    return Pipelines()
