"""The ratios that the project is to reach, and whether it does."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from benchmarks.measurement import Measurement
from benchmarks.tables import spread, table


@dataclass(frozen=True)
class Target:
    """A figure divided by another, with what it must and what it should be.

    Attributes:
        name: What is compared.
        over: ``<contender>.<figure>``.
        under: The same, or ``None`` for a figure by itself.
        must: The ratio below (or above) which the project fails.
        aim: The ratio it is to reach.
        images: From how many images on the target holds.
        most: Whether ``must`` and ``aim`` are upper bounds.
    """

    name: str
    over: str
    under: str | None
    must: float
    aim: float
    images: int = 0
    most: bool = False

    def verdict(self, value: float, count: int) -> str:
        """Say which of the two bounds a value keeps."""
        if count < self.images:
            return f"for {self.images:,}"
        if self._keeps(value, self.aim):
            return "aim"
        return "must" if self._keeps(value, self.must) else "missed"

    def bounds(self) -> tuple[str, str]:
        """Write both bounds."""
        sign = "≤" if self.most else "≥"
        return f"{sign} {self.must:g}", f"{sign} {self.aim:g}"

    def _keeps(self, value: float, bound: float) -> bool:
        return value <= bound if self.most else value >= bound


def _featurization(peer: str, must: float, aim: float, images: int) -> list[Target]:
    return [
        Target(
            f"featurization, {kind}: project / {peer}",
            f"project.{kind}_rate",
            f"{peer}.{kind}_rate",
            must,
            aim,
            images,
        )
        for kind in ("stage", "steady")
    ]


TARGETS = (
    # By images done; and, of the recipe's two passes over them, by inferences.
    Target(
        "featurization, images: project / recipe",
        "project.stage_rate",
        "recipe.image_rate",
        7,
        7.7,
        3_000,
    ),
    *_featurization("recipe", 7, 7.7, 3_000),
    *_featurization("limit", 0.90, 0.96, 10_000),
    *_featurization("daft", 0.95, 1.05, 20_000),
    Target(
        "images to features, whole process: daft / project",
        "daft.seconds",
        "project_features.seconds",
        0.9,
        1.05,
        20_000,
    ),
    Target(
        "end to end: recipe / project",
        "recipe.seconds",
        "project.seconds",
        4.5,
        6,
        3_000,
    ),
    Target(
        "unchanged run / bare Spark start",
        "project_unchanged.seconds",
        "spark_start.seconds",
        3,
        1.5,
        most=True,
    ),
    Target("peak memory of a worker, MB", "project.worker_mb", None, 250, 150, 0, True),
    Target(
        "ingestion, whole stage / featurization, images/s",
        "project.ingestion_rate",
        "project.stage_rate",
        5,
        10,
        3_000,
    ),
    Target(
        "ingestion, reading alone / featurization, images/s",
        "project.reading_rate",
        "project.stage_rate",
        5,
        10,
        3_000,
    ),
)


@dataclass(frozen=True)
class Ratio:
    """A target's ratio, a value a round."""

    target: Target
    count: str
    values: list[float]
    verdict: str


def ratios(measurements: Iterable[Measurement]) -> list[Ratio]:
    """Divide the figures of the same round and number of images."""
    figures = {
        (m.count, m.round, f"{m.contender}.{name}"): value
        for m in measurements
        for name, value in m.figures.items()
        if value is not None
    }
    turns = sorted({key[:2] for key in figures})
    counts = sorted({count for count, _ in turns})
    found = []
    for target in TARGETS:
        for count in counts:
            pairs = [
                (figures.get((*turn, target.over)), _under(figures, turn, target))
                for turn in turns
                if turn[0] == count
            ]
            values = [over / under for over, under in pairs if over and under]
            if values:
                verdict = target.verdict(median(values), count)
                found.append(Ratio(target, f"{count:,}", values, verdict))
    return found + _flatness(figures, counts)


Figures = dict[tuple[int, int, str], float]


def _under(figures: Figures, turn: tuple[int, int], target: Target) -> float | None:
    return 1.0 if target.under is None else figures.get((*turn, target.under))


def _flatness(figures: Figures, counts: list[int]) -> list[Ratio]:
    """Compare seconds an image of the largest and the smallest number of images."""
    target = Target(
        "featurization, seconds an image: most / fewest",
        "project.stage_rate",
        "project.stage_rate",
        1.05,
        1.0,
        20_000,
        most=True,
    )
    rounds = sorted({key[1] for key in figures})
    few, many = counts[0], counts[-1]
    pairs = [
        (figures.get((few, r, target.over)), figures.get((many, r, target.over)))
        for r in rounds
    ]
    values = [over / under for over, under in pairs if over and under]
    if few == many or not values:
        return []
    verdict = target.verdict(median(values), many)
    return [Ratio(target, f"{many:,} / {few:,}", values, verdict)]


def ratio_table(found: Iterable[Ratio]) -> str:
    """Lay out ratios, bounds and verdicts."""
    rows = [
        (r.target.name, r.count, spread(r.values), *r.target.bounds(), r.verdict)
        for r in found
    ]
    return table(("ratio", "images", "measured", "must", "aim", "reached"), rows)


def contender_table(measurements: list[Measurement]) -> str:
    """Lay out what every contender took, medians over the rounds."""
    names = {
        "steady_rate": "images/s, steady",
        "stage_rate": "images/s, stage",
        "seconds": "whole process, s",
        "worker_mb": "worker, MB",
        "jvm_mb": "JVM, MB",
        "driver_mb": "driver, MB",
        "all_mb": "all, MB",
        "cpu_seconds_an_image": "CPU s an image",
    }
    order = list(dict.fromkeys((m.contender, m.count) for m in measurements))
    rows = []
    for contender, count in order:
        same = [
            m.figures
            for m in measurements
            if (m.contender, m.count) == (contender, count)
        ]
        values = [spread([figures.get(name) for figures in same]) for name in names]
        rows.append((contender, f"{count:,}", *values))
    return table(("contender", "images", *names.values()), rows)
