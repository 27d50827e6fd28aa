"""Exact integrals of a piecewise-constant signal: what a run emits is a difference of two."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slurm_energy.errors import SeriesError
from slurm_energy.model.series import Series

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Integral:
    """A signal's running integral from its first moment, in value times seconds."""

    edges: Floats
    """Steps of the signal and its end, seconds since the epoch; shape (steps + 1,)."""
    total: Floats
    """The integral up to each edge; shape (steps + 1,)."""

    def until(self, times: ArrayLike) -> Floats:
        """The integral up to each time. Raises ``SeriesError`` for one the signal does not cover.

        Between two edges it grows evenly, so linear interpolation is exact.
        """
        wanted = np.asarray(times, dtype=np.float64)
        if wanted.size and not (self.edges[0] <= wanted.min() and wanted.max() <= self.edges[-1]):
            raise SeriesError(
                f"the schedule runs from {wanted.min():.0f} to {wanted.max():.0f}, the signal "
                f"covers {self.edges[0]:.0f} to {self.edges[-1]:.0f}: shorten the period or give "
                "a longer signal"
            )
        return np.interp(wanted, self.edges, self.total)

    def between(self, starts: ArrayLike, ends: ArrayLike) -> Floats:
        """The integral over each interval. Raises ``SeriesError`` as :meth:`until` does."""
        return self.until(ends) - self.until(starts)


def integral(series: Series) -> Integral:
    """The running integral of a signal. Raises ``SeriesError`` for an empty one."""
    if not series.times:
        raise SeriesError(f"{series.source} holds no values: give a signal that covers the period")
    edges = np.array([*series.times, series.end], dtype=np.float64)
    steps = np.diff(edges) * np.array(series.values, dtype=np.float64)
    return Integral(edges, np.concatenate(([0.0], np.cumsum(steps))))
