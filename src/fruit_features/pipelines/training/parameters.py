"""The parameters of the training pipeline."""

from dataclasses import dataclass

from fruit_features.backbone.spec import ALPHAS, SMALLEST_INPUT
from fruit_features.checks import at_least, one_of, within


@dataclass(frozen=True)
class TrainingParameters:
    """How a backbone is trained; ``conf/base/parameters_training.yml``."""

    alpha: float
    input_size: int
    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    dropout: float
    held_out: float
    seed: int

    def __post_init__(self) -> None:
        """Refuse what cannot be trained."""
        one_of("training.alpha", self.alpha, ALPHAS)
        at_least("training.input_size", self.input_size, SMALLEST_INPUT)
        at_least("training.epochs", self.epochs, 1)
        at_least("training.batch_size", self.batch_size, 1)
        within("training.held_out", self.held_out, 0.01, 0.9)
        within("training.dropout", self.dropout, 0, 0.9)
