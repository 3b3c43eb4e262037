"""The exported backbone: made once for weights and size, given to all contenders.

Two flatbuffers of the same weights: the project's own, and a plain one that takes one
image, as people export it.
"""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.process_tree import BenchmarkError
from fruit_features.backbone.export import export_backbone, export_litert
from fruit_features.backbone.source import model_from_source, source_key
from fruit_features.datasets.backbone_dataset import BackboneDataset

ALPHA = 1.0
# Where the catalog keeps exports, below the data folder.
EXPORTS = Path("06_models", "exported_backbones")


def export_once(weights: str, cache: Path, input_size: int = 224) -> Path:
    """Export MobileNetV2 1.0 to LiteRT unless an earlier benchmark did.

    Returns:
        The flatbuffer's file, named by the key under which the project looks for it.

    Raises:
        BenchmarkError: If there are no such weights.
    """
    if weights != "imagenet" and not Path(weights).is_file():
        message = f"no weights at {weights!r}: give WEIGHTS=<file> or WEIGHTS=imagenet"
        raise BenchmarkError(message)
    path = cache / f"{source_key(weights, ALPHA, input_size)}.tflite"
    # Written last: it vouches for the other.
    if not plain_export(path).exists():
        print("exporting the weights to LiteRT, once", flush=True)
        run_apart(_export, weights, input_size, str(path))
    return path


def plain_export(export: Path) -> Path:
    """Name the plain flatbuffer beside the project's own."""
    return export.with_suffix(".plain")


def run_apart(function: Callable[..., None], *arguments: Any) -> None:
    """Call a function in a process of its own: TensorFlow would stay in this one."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, spawn) as pool:
        pool.submit(function, *arguments).result()


def absolute_weights(weights: str) -> str:
    """Return weights as a run in any folder finds them: a file's whole path."""
    return weights if weights == "imagenet" else str(Path(weights).resolve())


def seed_export(export: Path, data: Path) -> None:
    """Put an export where a run with this data folder looks for it."""
    backbone = BackboneDataset(filepath=str(export)).load()
    BackboneDataset(filepath=str(data / EXPORTS / export.name)).save(backbone)


def _export(weights: str, input_size: int, path: str) -> None:
    model = model_from_source(weights, ALPHA, input_size)
    backbone = export_backbone(model, Path(weights).name, ALPHA)
    BackboneDataset(filepath=path).save(backbone)
    plain_export(Path(path)).write_bytes(export_litert(model))
