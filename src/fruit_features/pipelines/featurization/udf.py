"""The pandas UDF that workers run: bytes to features. Loads no TensorFlow."""

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
from pyspark import Broadcast
from pyspark.sql.pandas.functions import pandas_udf

from fruit_features.backbone.decoding import DecodeFailure
from fruit_features.backbone.inference import FeatureExtractor, extractor_of_process

RESULT_SCHEMA = "features array<float>, reason string, detail string"


def extract_features_udf(
    backbone_id: str, model: "Broadcast[bytes]", max_pixels: int
) -> Callable[..., Any]:
    """Make a scalar-iterator pandas UDF of image bytes.

    Args:
        backbone_id: Names the interpreter that a worker process keeps.
        model: The LiteRT flatbuffer, broadcast.
        max_pixels: Width times height above which an image is not decoded.

    Returns:
        A UDF of a binary column: a struct of ``features`` or, where there are
        none, ``reason`` and ``detail``. Null bytes give a struct of nulls.
    """

    @pandas_udf(RESULT_SCHEMA)  # type: ignore[call-overload]
    def extract_features(batches: Iterator[pd.Series]) -> Iterator[pd.DataFrame]:
        extractor = extractor_of_process(backbone_id, model.value)
        for contents in batches:
            rows = [_row(extractor, content, max_pixels) for content in contents]
            yield pd.DataFrame(rows, columns=["features", "reason", "detail"])

    return extract_features  # type: ignore[no-any-return]


def _row(
    extractor: FeatureExtractor, content: bytes | None, max_pixels: int
) -> tuple[Any, str | None, str | None]:
    if content is None:
        return None, None, None
    result = extractor.extract(content, max_pixels)
    if isinstance(result, DecodeFailure):
        return None, result.reason, result.detail
    return result, None, None
