"""Features of single images by LiteRT. Loads no TensorFlow and no Spark."""

import numpy as np
import numpy.typing as npt

from fruit_features.backbone.decoding import DecodeFailure, decode_image
from fruit_features.backbone.quiet import silence_stderr


class FeatureExtractor:
    """Turns an image's bytes into features, one image at a time.

    Building one takes 0.1 s; keep it. One thread each: parallel work comes from
    one process a core, which on a core each is faster than shared threads.
    """

    def __init__(self, model: bytes) -> None:
        """Prepare the interpreter.

        Args:
            model: A flatbuffer from ``export_litert``.
        """
        from ai_edge_litert.interpreter import Interpreter

        with silence_stderr():
            self._interpreter = Interpreter(model_content=model, num_threads=1)
            self._interpreter.allocate_tensors()
        pixels = self._interpreter.get_input_details()[0]
        self.input_size = int(pixels["shape"][1])
        self._input = self._interpreter.tensor(pixels["index"])
        self._output = self._interpreter.get_output_details()[0]["index"]

    def infer(self, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Run the backbone on pixels ``(input_size, input_size, 3)``, 0 to 255.

        Returns:
            Features ``(dimensions,)``.
        """
        self._input()[0] = pixels
        self._interpreter.invoke()
        features: npt.NDArray[np.float32] = self._interpreter.get_tensor(self._output)
        return features[0]

    def extract(
        self, content: bytes, max_pixels: int
    ) -> npt.NDArray[np.float32] | DecodeFailure:
        """Decode an image file's bytes and run the backbone on it.

        Returns:
            Features ``(dimensions,)``, or why the bytes are no usable image.
        """
        pixels = decode_image(content, self.input_size, max_pixels)
        return pixels if isinstance(pixels, DecodeFailure) else self.infer(pixels)


_extractors: dict[str, FeatureExtractor] = {}


def extractor_of_process(backbone_id: str, model: bytes) -> FeatureExtractor:
    """Return this process's extractor, built once and kept across Spark's tasks."""
    if backbone_id not in _extractors:
        _extractors.clear()
        _extractors[backbone_id] = FeatureExtractor(model)
    return _extractors[backbone_id]
