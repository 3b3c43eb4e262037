"""The pandas UDF that workers run: bytes to features. Loads no TensorFlow."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
from pyspark import Accumulator, Broadcast
from pyspark.sql.pandas.functions import pandas_udf

from fruit_features.backbone.decoding import DecodeFailure
from fruit_features.backbone.inference import FeatureExtractor, extractor_of_process
from fruit_features.progress import Counts

RESULT_SCHEMA = "features array<float>, reason string, detail string"


def extract_features_udf(
    backbone_id: str,
    model: "Broadcast[bytes]",
    max_pixels: int,
    counts: "Accumulator[Counts]",
) -> Callable[..., Any]:
    """Make a scalar-iterator pandas UDF of image bytes.

    Args:
        backbone_id: Names the interpreter that a worker process keeps.
        model: The LiteRT flatbuffer, broadcast.
        max_pixels: Width times height above which an image is not decoded.
        counts: Takes how many images were done, by reason.

    Returns:
        A UDF of the image's bytes and the reason, if any, that they could not be
        read for: a struct of ``features`` or, where there are none, ``reason`` and
        what the decoder says of it, ``detail``.
    """

    @pandas_udf(RESULT_SCHEMA)  # type: ignore[call-overload]
    def extract_features(
        batches: Iterator[tuple[pd.Series, pd.Series]],
    ) -> Iterator[pd.DataFrame]:
        extractor = extractor_of_process(backbone_id, model.value)
        for contents, reasons in batches:
            rows = [
                (None, reason, None) if reason else _row(extractor, content, max_pixels)
                for content, reason in zip(contents, reasons, strict=True)
            ]
            counts.add(Counter(reason for _, reason, _ in rows))
            yield pd.DataFrame(rows, columns=["features", "reason", "detail"])

    return extract_features  # type: ignore[no-any-return]


def _row(
    extractor: FeatureExtractor, content: bytes, max_pixels: int
) -> tuple[Any, str | None, str | None]:
    result = extractor.extract(content, max_pixels)
    if isinstance(result, DecodeFailure):
        return None, result.reason, result.detail
    return result, None, None
