from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyspark.accumulators import Accumulator
from pyspark.sql.pandas.serializers import ArrowStreamPandasSerializer

from fruit_features.backbone.source import bundled_backbone
from fruit_features.workers.progress import UpdateParam
from fruit_features.workers.udf import (
    ReadyVectors,
    extract_features_udf,
)
from tests.pictures import jpeg

KIND = pa.list_(pa.float32())


def numbers(of: float) -> np.ndarray:
    return np.full(5, of, dtype=np.float32)


def handed_on(vectors: pa.Array) -> pa.Array:
    spark = ArrowStreamPandasSerializer("UTC", safecheck=True)
    return spark._create_array(pd.Series(ReadyVectors(vectors)), KIND)


@pytest.mark.parametrize("rows", [[numbers(1), None, numbers(2)], [None], []])
def test_spark_takes_ready_vectors(rows: list) -> None:
    vectors = pa.array(rows, KIND)
    taken = handed_on(vectors)
    assert isinstance(taken, pa.Array)
    assert taken.equals(vectors)


def test_no_number_is_copied() -> None:
    vectors = pa.array([numbers(1), None, numbers(2)], KIND)
    given, taken = (array.buffers()[-1] for array in (vectors, handed_on(vectors)))
    assert taken.address == given.address


@pytest.mark.parametrize("missing", [None, float("nan")], ids=["pandas 2", "pandas 3"])
def test_an_image_without_a_reason_is_featurized(missing: Any) -> None:
    backbone = bundled_backbone()
    failures: Any = Accumulator(0, {}, UpdateParam())
    counts: Any = Accumulator(1, {}, UpdateParam())
    model: Any = SimpleNamespace(value=backbone.model)
    udf = extract_features_udf(backbone.id, model, 10**6, failures, counts)
    columns = (
        ["a.jpg", "b.jpg"],
        [jpeg(), missing],
        [missing, "too_large"],
        [missing, "9 bytes"],
    )
    series = tuple(pd.Series(column, dtype=object) for column in columns)
    (vectors,) = udf.func(iter([series]))
    assert vectors.isna().tolist() == [False, True]
    assert failures.value == {"b.jpg": ("too_large", "9 bytes")}
    assert counts.value == {None: 1, "too_large": 1}
