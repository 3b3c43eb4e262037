"""LiteRT and Pillow as people write it, one image after another.

Not the project's own loop: a change that makes that one faster or slower must not
move what it is compared with.
"""

import io
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image


class PlainExtractor:
    """An interpreter of one thread, built once a process."""

    def __init__(self, model: bytes) -> None:
        """Prepare it for a flatbuffer that takes one image."""
        self._interpreter = Interpreter(model_content=model, num_threads=1)
        self._interpreter.allocate_tensors()
        pixels = self._interpreter.get_input_details()[0]
        self._size = tuple(map(int, pixels["shape"][1:3]))
        self._input = self._interpreter.tensor(pixels["index"])
        self._output = self._interpreter.get_output_details()[0]["index"]

    def extract(self, content: bytes) -> Any:
        """Return an image's features."""
        image = Image.open(io.BytesIO(content)).convert("RGB").resize(self._size)
        self._input()[0] = np.asarray(image)
        self._interpreter.invoke()
        return self._interpreter.get_tensor(self._output)[0]
