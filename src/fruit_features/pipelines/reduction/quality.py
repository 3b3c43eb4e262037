"""What principal components keep of the differences between labels."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from fruit_features.pipelines.reduction.reconstruction import Basis
from fruit_features.workers.sums import Floats

Labels = npt.NDArray[np.intp]

# What the table compares, beside what the model keeps and all features.
QUALITY_COMPONENTS = (10, 25, 50, 100, 200)

NEIGHBOURS = 5

# Of every label, one image in so many is held out.
HELD_OUT = 5

# Rows that are compared with all others at a time.
BLOCK_ROWS = 1000


def measure_quality(
    sample: pd.DataFrame, basis: Basis, components: list[int]
) -> pd.DataFrame:
    """Measure images on their first components, and on all features.

    Args:
        sample: Columns ``label`` and ``features``, in random order.
        basis: Mean, scale and components of the model.
        components: How many to try; those there are not are left out.

    Returns:
        A row for each number of components; the last row is of all features. Columns:
        ``components``; ``reconstruction_error``, the mean squared distance from the
        reconstruction, as a share of that from the mean; ``between_within``, the
        variance between labels over that within labels; ``knn_accuracy``, the share of
        held-out images whose label most of their 5 nearest neighbours have;
        ``images`` and ``held_out``, how many that is of. ``NaN`` where there is
        nothing to tell, as of a single image a label.
    """
    centred = basis.centre(np.stack(sample["features"].to_list()).astype(np.float64))
    labels = pd.factorize(sample["label"], sort=True)[0]
    held_out = _held_out(labels)
    total = float((centred**2).sum())
    projected = centred @ basis.vectors
    rows = []
    for count in [k for k in components if k <= projected.shape[1]]:
        kept = projected[:, :count]
        # Rounding must not make it negative.
        error = max(1 - float((kept**2).sum()) / total, 0) if total else np.nan
        rows.append((count, error, kept))
    rows.append((centred.shape[1], 0.0, centred))
    return pd.DataFrame(
        {
            "components": count,
            "reconstruction_error": error,
            "between_within": between_within(numbers, labels),
            "knn_accuracy": knn_accuracy(numbers, labels, held_out),
            "images": len(labels),
            "held_out": int(held_out.sum()),
        }
        for count, error, numbers in rows
    )


def between_within(numbers: Floats, labels: Labels) -> float:
    """Return the variance between labels over that within labels."""
    counts = np.bincount(labels)
    starts = np.cumsum(counts) - counts
    sums = np.add.reduceat(numbers[np.argsort(labels, kind="stable")], starts)
    means = sums / counts[:, None]
    between = (counts[:, None] * (means - numbers.mean(axis=0)) ** 2).sum()
    within = ((numbers - means[labels]) ** 2).sum()
    return float(between / within) if within > 0 else float("nan")


def knn_accuracy(
    numbers: Floats, labels: Labels, held_out: npt.NDArray[np.bool_]
) -> float:
    """Return the share of held-out rows that their neighbours name rightly.

    As scikit-learn's ``KNeighborsClassifier(5)`` does: by Euclidean distance, the
    first of labels with as many votes.
    """
    known, asked = numbers[~held_out], numbers[held_out]
    if not len(asked) or not len(known):
        return float("nan")
    blocks = np.array_split(asked, -(-len(asked) // BLOCK_ROWS))
    named = [_name(block, known, labels[~held_out]) for block in blocks]
    return float((np.concatenate(named) == labels[held_out]).mean())


def _name(asked: Floats, known: Floats, labels: Labels) -> Labels:
    # The asked row's own square is the same for all its neighbours.
    distances = (known**2).sum(axis=1) - 2 * asked @ known.T
    nearest = min(NEIGHBOURS, len(known))
    found = np.argpartition(distances, nearest - 1, axis=1)[:, :nearest]
    votes = np.zeros((len(asked), labels.max() + 1), dtype=np.int32)
    np.add.at(votes, (np.arange(len(asked))[:, None], labels[found]), 1)
    return votes.argmax(axis=1)


def draw_quality(quality: pd.DataFrame) -> Figure:
    """Draw the quality table: what is lost left, what is kept of labels right."""
    figure = Figure(figsize=(12, 4.5), layout="constrained")
    images = int(quality["images"].iloc[0])
    figure.suptitle(f"What principal components keep, {images:,} images")
    left, middle, right = figure.subplots(1, 3)
    named = (
        (left, "reconstruction_error", "Reconstruction error", "#e45756"),
        (middle, "between_within", "Variance between / within labels", "#54a24b"),
        (right, "knn_accuracy", "Accuracy of 5 neighbours", "#4c78a8"),
    )
    for axes, column, title, colour in named:
        axes.plot(quality["components"], quality[column], "o-", color=colour)
        axes.set(title=title, xlabel="components (last: all features)", xscale="log")
        axes.set_xticks(quality["components"], map(str, quality["components"]))
        axes.minorticks_off()
        axes.grid(alpha=0.3)
    for axes in (left, right):
        axes.yaxis.set_major_formatter(PercentFormatter(1))
    return figure


def _held_out(labels: Labels) -> npt.NDArray[np.bool_]:
    """Mark the last of every five of a label's images."""
    place = pd.Series(labels).groupby(labels).cumcount().to_numpy()
    return np.asarray(place % HELD_OUT == HELD_OUT - 1)
