"""A series as an array of hours that ends now: what every forecaster here reads and writes."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from slurm_energy.errors import SeriesError
from slurm_energy.model.series import Series, Signal

HOUR = 3600
DAY_HOURS = 24
WINDOW = 28 * DAY_HOURS
"""Hours of history that a forecaster looks at, the present one included."""

Values = NDArray[np.float64]


class Forecaster(Protocol):
    """Continues a signal."""

    name: str

    def __call__(self, history: Series, now: int, until: int) -> Series:
        """Hourly values from the last known hour to ``until``, each with its spread.

        Only what ``history`` says up to ``now`` is read. The last known hour, usually the present
        one, keeps its value; where the history ends earlier the hours since are forecast too.
        Raises ``SeriesError`` where nothing is known within the window.
        """


@dataclass(frozen=True, slots=True)
class Past:
    """The known hours up to the last one."""

    signal: Signal
    source: str
    start: int
    """Of the first hour; a multiple of an hour, seconds since the epoch, UTC."""
    values: Values
    """Shape (window,); NaN where nothing is known."""

    @property
    def last(self) -> int:
        """Start of the last known hour."""
        return self.start + HOUR * (len(self.values) - 1)

    def ahead(self, until: int) -> int:
        """Hours after the last known one, so that ``until`` is covered; at least none."""
        return max(0, -(-(until - self.last) // HOUR) - 1)


def past(history: Series, now: int, window: int = WINDOW) -> Past:
    """The ``window`` hours to the last that is known at ``now``; nothing after ``now`` is read.

    Of a signal finer than an hour, each is the mean of what is known of it. Raises ``SeriesError``
    when no hour is known within ``window`` hours.
    """
    end = _known_until(history, min(history.end, now + 1))
    start = end - 1 - (end - 1) % HOUR - HOUR * (window - 1)
    first = max(bisect_right(history.times, start) - 1, 0)
    last = bisect_left(history.times, end)
    times = np.asarray(history.times[first:last], dtype=np.int64)
    values = np.asarray(history.values[first:last], dtype=np.float64)
    hours = np.full(window, np.nan)
    if last > first and now - end < HOUR * window:
        hours = _means(times, values, end, start, window, history.gaps)
    if not np.isfinite(hours).any():
        raise SeriesError(
            f"{history.source}: nothing known in the {window} h before {now} (epoch); "
            "a forecast needs at least one hour of history"
        )
    return Past(history.signal, history.source, start, hours)


def _known_until(history: Series, end: int) -> int:
    """The last moment before ``end`` up to which something is known: not within a gap."""
    return next((first for first, last in history.gaps if first < end <= last), end)


def _means(
    times: NDArray[np.int64],
    values: Values,
    end: int,
    start: int,
    window: int,
    gaps: Sequence[tuple[int, int]],
) -> Values:
    """Mean of each hour's known part up to ``end``; NaN where there is none."""
    whole = (times % HOUR == 0).all() and (np.diff(times) == HOUR).all()
    if whole and end - times[-1] <= HOUR and not gaps:
        return _placed(times, values, start, window)
    edges = start + HOUR * np.arange(window + 1)
    broken = np.asarray([end, *(first for first, _ in gaps)], dtype=np.int64)
    cuts = np.unique(np.concatenate((edges, times, broken)))
    piece = np.searchsorted(times, cuts[:-1], side="right") - 1
    known = (piece >= 0) & (cuts[:-1] >= start) & (cuts[:-1] < min(end, edges[-1]))
    known &= np.isfinite(values[piece])
    for first, last in gaps:
        known &= (cuts[:-1] < first) | (cuts[:-1] >= last)
    length = np.where(known, np.diff(cuts), 0).astype(np.float64)
    hour = np.clip((cuts[:-1] - start) // HOUR, 0, window - 1)
    area = np.bincount(hour, np.where(known, length * values[piece], 0.0), window)
    covered = np.bincount(hour, length, window)
    mean: Values = np.divide(area, covered, out=np.full(window, np.nan), where=covered > 0)
    return mean


def _placed(times: NDArray[np.int64], values: Values, start: int, window: int) -> Values:
    """An hourly series needs no means: each value goes to its hour."""
    found = np.full(window, np.nan)
    hour = (times - start) // HOUR
    inside = hour >= 0
    found[hour[inside]] = values[inside]
    return found


def told(known: Past, now: int, values: Values, spread: Values, source: str) -> Series:
    """The forecast as a series: the last hour as known, then ``values``, within what was seen.

    ``values`` and ``spread`` have the hours after the last known one. No value lies outside the
    window's range: a straight line fitted to four weeks knows nothing of what it never saw.
    """
    low, high = np.nanmin(known.values), np.nanmax(known.values)
    first = last_known(known.values)
    hours = [first, *np.clip(values, low, high).tolist()]
    times = tuple(range(known.last, known.last + HOUR * len(hours), HOUR))
    return Series(
        signal=known.signal,
        times=times,
        values=tuple(hours),
        end=times[-1] + HOUR,
        issued=now,
        source=f"{known.source}, {source}",
        spread=(0.0, *spread.tolist()),
    )


def last_known(values: Values) -> float:
    """The newest value that is known."""
    return float(values[np.flatnonzero(np.isfinite(values))[-1]])
