"""Shares of variance that the plots and the page name."""

import pandas as pd

THRESHOLDS = (0.75, 0.80, 0.90, 0.95)


def components_reaching(variance: pd.DataFrame, threshold: float) -> int | None:
    """Count the components whose cumulative share reaches a threshold."""
    reached = variance[variance["cumulative"] >= threshold]
    return int(reached["component"].iloc[0]) if len(reached) else None
