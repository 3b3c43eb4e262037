"""Features of images by LiteRT. Loads no TensorFlow and no Spark."""

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fruit_features.backbone.decoding import DecodeFailure, decode_image

Features = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]

# Images decoded before inference: each step then keeps its data in the CPU's caches.
# At 224 px they take 1.2 MB.
DECODED = 8


@contextlib.contextmanager
def silence_stderr() -> Iterator[None]:
    """Discard stderr (descriptor 2), where TensorFlow and LiteRT log from C++."""
    saved = os.dup(2)
    try:
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
            yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


class FeatureExtractor:
    """Computes features of image files.

    Building one takes 0.1 s: reuse it. It uses one thread, as a process per core is
    faster than shared threads.
    """

    def __init__(self, model: bytes) -> None:
        """Build the interpreter of a flatbuffer from ``export_litert``."""
        from ai_edge_litert.interpreter import Interpreter

        with silence_stderr():
            self._interpreter = Interpreter(model_content=model, num_threads=1)
            self._interpreter.allocate_tensors()
        pixels = self._interpreter.get_input_details()[0]
        self._at_a_time, self.input_size = map(int, pixels["shape"][:2])
        self._input = self._interpreter.tensor(pixels["index"])
        self._output = self._interpreter.get_output_details()[0]["index"]

    def infer(self, pictures: Sequence[Pixels]) -> list[Features]:
        """Run the backbone on pixels ``(input_size, input_size, 3)``, 0 to 255.

        Returns:
            Features ``(dimensions,)`` of each, independent of the others.
        """
        some = range(0, len(pictures), self._at_a_time)
        parts = [self._run(pictures[i : i + self._at_a_time]) for i in some]
        return [features for part in parts for features in part]

    def _run(self, pictures: Sequence[Pixels]) -> npt.NDArray[np.float32]:
        # Unused places of the batch keep old pixels; their features are dropped.
        np.stack(pictures, out=self._input()[: len(pictures)])
        self._interpreter.invoke()
        features: npt.NDArray[np.float32] = self._interpreter.get_tensor(self._output)
        return features[: len(pictures)]

    def extract(
        self, contents: Sequence[bytes | DecodeFailure], max_pixels: int
    ) -> list[Features | DecodeFailure]:
        """Decode image files and run the backbone; failures are passed through.

        Returns:
            For each file its features ``(dimensions,)``, or why it is not usable.
        """
        results: list[Features | DecodeFailure] = []
        for start in range(0, len(contents), DECODED):
            decoded = [
                content
                if isinstance(content, DecodeFailure)
                else decode_image(content, self.input_size, max_pixels)
                for content in contents[start : start + DECODED]
            ]
            pictures = [each for each in decoded if not isinstance(each, DecodeFailure)]
            found = iter(self.infer(pictures))
            results += [
                each if isinstance(each, DecodeFailure) else next(found)
                for each in decoded
            ]
        return results


_extractors: dict[str, FeatureExtractor] = {}


def extractor_of_process(backbone_id: str, model: bytes) -> FeatureExtractor:
    """Return this process's extractor, cached across Spark's tasks."""
    if backbone_id not in _extractors:
        _extractors.clear()
        _extractors[backbone_id] = FeatureExtractor(model)
    return _extractors[backbone_id]
