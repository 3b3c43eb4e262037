"""The pandas UDF that workers run: bytes to features. Loads no TensorFlow."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pyarrow as pa
from pandas.arrays import ArrowExtensionArray
from pyspark import Accumulator, Broadcast
from pyspark.sql.pandas.functions import pandas_udf
from pyspark.sql.types import ArrayType, FloatType

from fruit_features.backbone.decoding import DecodeFailure
from fruit_features.backbone.inference import extractor_of_process
from fruit_features.workers.progress import Counts

# By image key, so that a retried task adds nothing.
Failures = dict[str, DecodeFailure]


class ReadyVectors(ArrowExtensionArray):
    """Vectors in Arrow's own layout, which Spark passes on unchanged.

    Spark's ``_create_array`` maps a Python function over a column of arrays, which
    copies each array number by number: .25 ms for 1280.
    """

    def map(self, mapper: Any, na_action: Any = None) -> "ReadyVectors":
        """Return the vectors: there is nothing to convert."""
        return self


def extract_features_udf(
    backbone_id: str,
    model: "Broadcast[bytes]",
    max_pixels: int,
    failures: "Accumulator[Failures]",
    counts: "Accumulator[Counts]",
) -> Callable[..., Any]:
    """Make a scalar-iterator pandas UDF of image key, bytes, reason and detail.

    Args:
        backbone_id: Key of the interpreter that a worker process caches.
        model: The LiteRT flatbuffer, broadcast.
        max_pixels: Width times height above which an image is not decoded.
        failures: Collects the images without features.
        counts: Counts the images by reason.

    Returns:
        A UDF: features, or null for an image that could not be read or decoded.
    """

    # No number is missing: else `writeLegacyFormat` writes inner levels after all.
    @pandas_udf(ArrayType(FloatType(), containsNull=False))  # type: ignore[call-overload]
    def extract_features(
        batches: Iterator[tuple[pd.Series, pd.Series, pd.Series, pd.Series]],
    ) -> Iterator[pd.Series]:
        extractor = extractor_of_process(backbone_id, model.value)
        for keys, *columns in batches:
            contents = [
                # pandas 2 hands a missing reason on as None, pandas 3 as NaN.
                DecodeFailure(reason, detail) if isinstance(reason, str) else content
                for content, reason, detail in zip(*columns, strict=True)
            ]
            failed: Failures = {}
            vectors: list[Any] = []
            results = extractor.extract(contents, max_pixels)
            for key, result in zip(keys, results, strict=True):
                if isinstance(result, DecodeFailure):
                    failed[key] = result
                vectors.append(None if key in failed else result)
            failures.add(failed)
            reasons = (failed[key].reason if key in failed else None for key in keys)
            counts.add(Counter(reasons))
            yield pd.Series(ReadyVectors(pa.array(vectors, pa.list_(pa.float32()))))

    # Else Spark repeats it wherever the result is used, as in the filter of images
    # without features, and inference runs twice.
    return extract_features.asNondeterministic()  # type: ignore[no-any-return]
