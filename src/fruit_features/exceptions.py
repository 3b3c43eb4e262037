"""The errors a user can mend.

`kedro run` shows each as one line and leaves with exit code 1. Every message
names the value, what was expected and the next step.
"""

from kedro.io.core import DatasetError


class FruitFeaturesError(DatasetError):
    """Root of the errors that a user can mend.

    A ``DatasetError`` because Kedro hands these on from datasets as they are and
    buries any other exception under a text of its own.
    """


class ParameterError(FruitFeaturesError):
    """A parameter is unknown, out of range or contradicts another."""


class SettingError(FruitFeaturesError):
    """A variable that configuration needs is not set."""


class ImageFolderError(FruitFeaturesError):
    """The folder of images is missing, unreadable, empty, or not as it was."""


class OutputFolderError(FruitFeaturesError):
    """Results cannot be written where they should go."""


class BackboneError(FruitFeaturesError):
    """The weights are missing or do not fit alpha and input size."""


class JavaError(FruitFeaturesError):
    """Spark, or the Java it runs in, does not start."""


class RunningError(FruitFeaturesError):
    """Another run is at work in the same data folder."""


class StorageError(FruitFeaturesError):
    """S3 does not answer, or does not let this run list, read or write."""


class ClusterError(FruitFeaturesError):
    """YARN does not answer or has no room, or its workers lack their Python."""


class TooManyFailuresError(FruitFeaturesError):
    """More images are quarantined than ``featurization.max_failure_rate`` allows."""


class NoFeaturesError(FruitFeaturesError):
    """Not one image could be turned into features."""


class VarianceTargetError(FruitFeaturesError):
    """No number of components reaches ``reduction.variance``."""


class ModelMismatchError(FruitFeaturesError):
    """A stored model was fitted on other features than it is asked to project."""


class HistoryError(FruitFeaturesError):
    """No run of that name is kept, or none at all."""


class ErasureError(FruitFeaturesError):
    """No photo is meant, or something of the photos could not be erased."""


class CountError(FruitFeaturesError):
    """Images are neither in ``features`` nor in ``quarantine``, or there twice."""
