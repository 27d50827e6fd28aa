"""The forecasts that need no fit: as yesterday, as in the last week, as now."""

import numpy as np

from slurm_energy.model.series import Series
from slurm_energy.signals.forecast.hours import DAY_HOURS, Past, Values, past, told

WEEK = 7
"""Days in the weekly mean; at least two make one."""


class SameHours:
    """The mean of the same hour over the last ``days`` days; fewer where history is shorter.

    Where no day is complete it is persistence: the newest value goes on. ``source`` says which.
    """

    def __init__(self, name: str, days: int) -> None:
        self.name = name
        self._days = days

    def __call__(self, history: Series, now: int, until: int) -> Series:
        """Hourly values to ``until``; see :class:`~.hours.Forecaster`."""
        return same_hours(past(history, now), now, until, self._days)


def yesterday() -> SameHours:
    """The same hour of yesterday."""
    return SameHours("yesterday", 1)


def week() -> SameHours:
    """The mean of the same hour over the last seven days."""
    return SameHours("week", WEEK)


def same_hours(known: Past, now: int, until: int, days: int = WEEK) -> Series:
    """As :class:`SameHours`, of a past that is already an array."""
    count = known.ahead(until)
    cycle, used = _cycle(known.values, days)
    if cycle is None:
        return _persistence(known, now, count)
    spread = _spread(known.values, used)
    label = "as yesterday" if used == 1 else f"mean of the same hour over {used} days"
    return told(known, now, np.resize(cycle, count), np.full(count, spread), label)


def _cycle(values: Values, most: int) -> tuple[Values | None, int]:
    """The next 24 h from up to ``most`` days, and how many days it took; None without one.

    An hour that is unknown on some days is the mean of the others.
    """
    table = values.reshape(-1, DAY_HOURS)
    used = 0
    for days in range(1, most + 1):
        if np.count_nonzero(np.isfinite(table[-days])) >= DAY_HOURS / 2:
            used = days
    if used == 0 or not np.isfinite(table[-used:]).any(axis=0).all():
        return None, 0
    return np.nanmean(table[-used:], axis=0), used


def _spread(values: Values, days: int) -> float:
    """Standard deviation of what the same rule would have missed over the window."""
    table = values.reshape(-1, DAY_HOURS)
    sums = np.cumsum(np.vstack((np.zeros(DAY_HOURS), np.nan_to_num(table))), axis=0)
    counts = np.cumsum(np.vstack((np.zeros(DAY_HOURS), np.isfinite(table))), axis=0)
    total = sums[days:-1] - sums[: -days - 1]
    seen = counts[days:-1] - counts[: -days - 1]
    mean = np.divide(total, seen, out=np.full(total.shape, np.nan), where=seen > 0)
    missed = table[days:] - mean
    return _deviation(missed) if np.isfinite(missed).any() else float(np.nanstd(values))


def _persistence(known: Past, now: int, count: int) -> Series:
    """The newest value, as uncertain as the differences over so many hours have been."""
    found = known.values[np.isfinite(known.values)]
    spread = np.full(count, float(np.std(found)))
    for lead in range(1, min(count + 1, len(found))):
        spread[lead - 1] = float(np.sqrt(np.mean((found[lead:] - found[:-lead]) ** 2)))
    return told(known, now, np.full(count, found[-1]), spread, "as now")


def _deviation(missed: Values) -> float:
    return float(np.sqrt(np.nanmean(missed**2)))
