"""Errors that a user can fix.

`kedro run` prints each as one line and exits with code 1. Every message names the
value, what was expected and the next step.
"""

from kedro.io.core import DatasetError


class FruitFeaturesError(DatasetError):
    """Base class of errors that a user can fix.

    A ``DatasetError``, because Kedro wraps any other exception of a dataset.
    """


class ParameterError(FruitFeaturesError):
    """A parameter is unknown, out of range or contradicts another."""


class SettingError(FruitFeaturesError):
    """An environment variable that the configuration needs is not set."""


class ImageFolderError(FruitFeaturesError):
    """The image folder is missing, unreadable, empty or lost images."""


class OutputFolderError(FruitFeaturesError):
    """Results cannot be written to their folder."""


class BackboneError(FruitFeaturesError):
    """The weights are missing or do not match alpha and input size."""


class JavaError(FruitFeaturesError):
    """Spark or its JVM does not start."""


class RunningError(FruitFeaturesError):
    """Another run holds the lock of the data folder."""


class StorageError(FruitFeaturesError):
    """S3 does not answer or denies listing, reading or writing."""


class ClusterError(FruitFeaturesError):
    """YARN does not answer or has no room, or a worker's Python does not start."""


class TooManyFailuresError(FruitFeaturesError):
    """More images are quarantined than ``featurization.max_failure_rate`` allows."""


class NoFeaturesError(FruitFeaturesError):
    """No image could be featurized."""


class VarianceTargetError(FruitFeaturesError):
    """No number of components reaches ``reduction.variance``."""


class ModelMismatchError(FruitFeaturesError):
    """A stored model was fitted on other features than those to project."""


class HistoryError(FruitFeaturesError):
    """The run is not in the history."""


class ErasureError(FruitFeaturesError):
    """No photo is selected, or data of the photos could not be erased."""


class CountError(FruitFeaturesError):
    """Images are in neither ``features`` nor ``quarantine``, or more than once."""
