"""How much of a departure from the daily profile is left later, from how departures hang together.

Simple kriging in time (Cressie, Statistics for Spatial Data, 1993, chapter 3): departures, each in
units of what is usual at its hour of the day, are taken as one process whose correlation depends
on the time between two hours alone. All pairs of hours of four weeks tell of that correlation, so
it is known better than what separate regressions learn, and it reaches further; what differs by
the time of day it does not see.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slurm_energy.signals.forecast.hours import DAY_HOURS, Values

AHEAD = 60
"""Lead times in hours; beyond them nothing is left."""
FADING = 168.0
"""A correlation over so many hours counts 1/e: fewer and fewer pairs tell of it."""
NUGGET = 1e-3
"""Share of the variance that is taken as noise of the single hour; keeps the system regular."""
LEAST_DEVIATION = 0.1
"""No hour of the day is taken as steadier than this share of all of them."""


@dataclass(frozen=True, slots=True)
class Kriging:
    """What a day of departures says of the hours ahead."""

    deviation: Values
    """Shape (24,): what is usual, by hour of the day in UTC."""
    weights: Values
    """Shape (AHEAD, 24): of the departure so many hours ago, in units of its hour."""

    def left(self, departures: Values, hours: NDArray[np.int64]) -> Values:
        """Shape (rows, AHEAD): departures to expect after each row's hour of the day.

        ``departures``: shape (rows, 24), the newest first.
        """
        now = hours[:, np.newaxis]
        ahead = np.arange(1, AHEAD + 1)
        usual = departures / self.deviation[(now - np.arange(DAY_HOURS)) % DAY_HOURS]
        left: Values = self.deviation[(now + ahead) % DAY_HOURS] * (usual @ self.weights.T)
        return left


def kriging(departures: Values) -> Kriging:
    """Learned from whole days of departures, shape (days, 24), NaN where unknown; not all zero."""
    deviation = _deviation(departures)
    usual = np.nan_to_num(departures / deviation).ravel()
    lags = np.arange(DAY_HOURS + AHEAD)
    pairs = np.correlate(usual, usual, "full")[len(usual) - 1 :][: len(lags)]
    kept = np.zeros(len(lags))
    kept[: len(pairs)] = pairs / pairs[0]
    correlation = kept * np.exp(-lags / FADING)
    day = lags[:DAY_HOURS]
    among = correlation[np.abs(day[:, np.newaxis] - day)] + NUGGET * np.eye(DAY_HOURS)
    ahead = correlation[day[:, np.newaxis] + 1 + lags[:AHEAD]]
    return Kriging(deviation, np.linalg.solve(among, ahead).T)


def _deviation(departures: Values) -> Values:
    """Root mean square by hour of the day, over three neighbouring hours."""
    known = np.isfinite(departures)
    squares = np.sum(np.nan_to_num(departures) ** 2, axis=0)
    counts = known.sum(axis=0)
    around = [np.roll(squares, shift) for shift in (-1, 0, 1)]
    seen = [np.roll(counts, shift) for shift in (-1, 0, 1)]
    mean = np.sum(around, axis=0) / np.maximum(np.sum(seen, axis=0), 1)
    least = LEAST_DEVIATION**2 * squares.sum() / counts.sum()
    deviation: Values = np.sqrt(np.maximum(mean, least))
    return deviation
