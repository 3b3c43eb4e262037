"""The parameters of the training pipeline."""

from typing import Annotated

from pydantic import Field

from fruit_features.backbone.spec import ALPHAS, SMALLEST_INPUT
from fruit_features.parameters import Parameters, one_of


class TrainingParameters(Parameters):
    """Hyperparameters of a training; see ``conf/base/parameters_training.yml``."""

    alpha: Annotated[float, one_of(ALPHAS)]
    input_size: int = Field(ge=SMALLEST_INPUT)
    epochs: int = Field(ge=1)
    batch_size: int = Field(ge=1)
    learning_rate: float
    weight_decay: float
    dropout: float = Field(ge=0, le=0.9)
    held_out: float = Field(ge=0.01, le=0.9)
    seed: int
