import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyspark.sql.pandas.serializers import ArrowStreamPandasSerializer

from fruit_features.pipelines.featurization.udf import ReadyVectors

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
