"""The notebook everyone copies: Keras in a pandas UDF, MLlib's PCA, Parquet.

Written as the notebooks write it, with two kindnesses, so that what the project
gains over it is rather told too low. All cores are used, where many notebooks say
``local``. And the UDF runs twice, once for each of the two things that are made of
the features; but MLlib's ``fit`` reads its input several times over, and in the
notebooks, where nothing is cached, the UDF runs anew each time. Here the input of
``fit`` is cached.
"""

import io
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from keras.applications.mobilenet_v2 import MobileNetV2, preprocess_input
from keras.utils import img_to_array
from matplotlib import pyplot as plt
from PIL import Image
from pyspark import Broadcast
from pyspark.ml.feature import PCA, PCAModel
from pyspark.ml.functions import array_to_vector
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.functions import pandas_udf

from benchmarks.stamps import note

COMPONENTS = 100


def main(images: Path, weights: str, work: Path) -> None:
    """Images to features, features to reduced features and a plot."""
    clock = _Clock()
    spark = SparkSession.builder.appName("fruits").master("local[*]").getOrCreate()
    clock.lap("session")
    model = spark.sparkContext.broadcast(_load_model(weights).get_weights())
    clock.lap("model")
    udf = _features_udf(model, str(work / "stamps"))
    features = _load_images(spark, images).select(
        "path", "label", udf("content").alias("features")
    )
    features.write.mode("overwrite").parquet(str(work / "features"))
    clock.lap("features")
    vectors = features.withColumn("vectors", array_to_vector("features")).cache()
    count = vectors.count()
    clock.lap("vectors")
    pca = PCA(k=COMPONENTS, inputCol="vectors", outputCol="pca_features").fit(vectors)
    _plot_variance(pca, work / "variance.png")
    clock.lap("pca")
    _write_reduced(pca, vectors, work / "reduced")
    clock.lap("reduced")
    passes = [clock.laps["features"], clock.laps["vectors"]]
    result = {"images": count, "passes": passes, "laps": clock.laps}
    (work / "result.json").write_text(json.dumps(result))


def _load_images(spark: SparkSession, images: Path) -> DataFrame:
    loaded = (
        spark.read.format("binaryFile")
        .option("pathGlobFilter", "*.jpg")
        .option("recursiveFileLookup", "true")
        .load(str(images))
    )
    label = F.element_at(F.split("path", "/"), -2)
    return loaded.withColumn("label", label).repartition(20)


def _load_model(weights: str) -> Any:
    named = weights == "imagenet"
    model = MobileNetV2(
        weights="imagenet" if named else None,
        include_top=False,
        pooling="avg",
        input_shape=(224, 224, 3),
    )
    if not named:
        model.load_weights(weights)
    return model


def _features_udf(weights: "Broadcast[Any]", stamps: str) -> Callable[..., Any]:
    def build_model() -> Any:
        model = MobileNetV2(
            weights=None, include_top=False, pooling="avg", input_shape=(224, 224, 3)
        )
        model.set_weights(weights.value)
        return model

    def preprocess(content: bytes) -> Any:
        image = Image.open(io.BytesIO(content)).resize((224, 224))
        return preprocess_input(img_to_array(image))

    @pandas_udf("array<float>")  # type: ignore[call-overload]
    def featurize(batches: Iterator[pd.Series]) -> Iterator[pd.Series]:
        model = build_model()
        for contents in batches:
            pixels = np.stack(contents.map(preprocess))
            predictions = model.predict(pixels)
            yield pd.Series([row.flatten() for row in predictions])
            note(stamps, len(contents))

    return featurize  # type: ignore[no-any-return]


def _plot_variance(pca: PCAModel, path: Path) -> None:
    plt.plot(np.cumsum(pca.explainedVariance.toArray()))
    plt.xlabel("components")
    plt.ylabel("explained variance")
    plt.savefig(path)


def _write_reduced(pca: PCAModel, vectors: DataFrame, path: Path) -> None:
    reduced = pca.transform(vectors).select("path", "label", "pca_features")
    reduced.write.mode("overwrite").parquet(str(path))


class _Clock:
    """Notes when each step began and ended."""

    def __init__(self) -> None:
        self.laps: dict[str, tuple[float, float]] = {}
        self._begin = time.monotonic()

    def lap(self, name: str) -> None:
        now = time.monotonic()
        self.laps[name] = (self._begin, now)
        self._begin = now


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
