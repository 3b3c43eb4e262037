"""The runs that are kept: their reports and their pages. Starts no Spark."""

from typing import Any, NamedTuple

from kedro.io import CatalogProtocol
from kedro.io.core import DatasetError, VersionNotFoundError

from fruit_features.datasets.lazy_dataset import is_broken
from fruit_features.exceptions import HistoryError

LATEST = "latest"


class Page(NamedTuple):
    """A page that is kept.

    Attributes:
        run: The run that it shows.
        place: Where it is.
        html: What is in it.
    """

    run: str
    place: str
    html: str


class RunHistory:
    """Finds the runs of a catalog's data by the names they are kept under.

    A run's name is Kedro's save version: when it began, such as
    ``2026-05-01T12.00.00.000Z``.
    """

    def __init__(self, catalog: CatalogProtocol[Any, Any]) -> None:
        """Look where the catalog says.

        Args:
            catalog: Holds ``run_history`` and ``report_history``.
        """
        self._catalog = catalog

    def runs(self) -> list[str]:
        """Return the names of all runs, the latest first.

        Raises:
            HistoryError: If there is none.
        """
        runs = list(self._places("run_history"))
        if not runs:
            place = self._catalog["run_history"]._describe()["filepath"]
            message = f"no run is kept in '{place}' yet; `kedro run` makes one"
            raise HistoryError(message)
        return runs

    def find(self, name: str) -> str:
        """Return the full name of a run.

        Args:
            name: The name, its beginning, or ``latest``.

        Raises:
            HistoryError: If no run, or more than one, is named so.
        """
        runs = self.runs()
        found = runs[:1] if name == LATEST else [r for r in runs if r.startswith(name)]
        if len(found) != 1:
            fits = f"{len(found)} runs begin so" if found else "no run begins so"
            message = f"{name!r}: {fits}; `kedro history` lists the names there are"
            raise HistoryError(message)
        return found[0]

    def report(self, run: str) -> dict[str, Any]:
        """Load a run's report by its full name.

        Raises:
            HistoryError: If it is broken.
        """
        try:
            report: dict[str, Any] = self._catalog.load("run_history", version=run)
        except DatasetError as error:
            if not is_broken(error):
                raise
            place = self._places("run_history")[run]
            message = f"the report of {run} is broken: delete '{place}'"
            raise HistoryError(message) from error
        return report

    def page(self, run: str) -> Page | None:
        """Load a run's page: that of the run before, if nothing changed since.

        Args:
            run: Its full name.

        Returns:
            The page; ``None`` if it was deleted.
        """
        places = self._places("report_history")
        shown = next((kept for kept in places if kept <= run), None)
        if shown is None:
            return None
        html = self._catalog.load("report_history", version=shown)
        return Page(shown, places[shown], html)

    def _places(self, dataset: str) -> dict[str, str]:
        kept = self._catalog[dataset]
        try:
            places = kept.list_versions(full_path=True)
        except VersionNotFoundError:
            return {}
        return {place.rsplit("/", 2)[-2]: place for place in places}
