"""The door: what a provider answered becomes a Series, or is refused by its field and value.

Nothing is invented here. A value that is not there stays away, a gap of the past stays a gap, one
of the future ends the series, and of two issues of one moment the later counts.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from slurm_energy.errors import SeriesError
from slurm_energy.model.series import BOUNDS, Series
from slurm_energy.signals.offer import About, Offer, Point
from slurm_energy.signals.reading import Reading
from slurm_energy.signals.table import EARLIEST, LATEST
from slurm_energy.signals.units import factor


@dataclass(frozen=True, slots=True)
class _Known:
    """A point that passed: seconds since the epoch, the value in the signal's unit."""

    time: int
    value: float
    issued: int
    field: str


def admit(offer: Offer, about: About, currency: str, now: int) -> Reading:
    """The answer from its first value to the end of the stretch that holds ``now``.

    Where none does, to the last one before it. Raises ``SeriesError`` for an answer with a value
    that can't be true, without any, or only of the future. What the offer lacks, and a gap of the
    future, are problems of the reading; what lies beyond such a gap is not used.
    """
    in_unit = factor(about.signal, offer.unit, currency)
    known = [
        _known(point, about, in_unit, offer.issued)
        for point in offer.points
        if point.value is not None
    ]
    if not known:
        raise SeriesError("an answer without values; ask for another zone or another time")
    resolution = offer.resolution or about.resolution
    stretches = _stretches(_newest(known), resolution)
    used = _begun(stretches, now)
    told = [one for stretch in used for one in stretch]
    series = Series(
        signal=about.signal,
        times=tuple(one.time for one in told),
        values=tuple(one.value for one in told),
        end=told[-1].time + resolution,
        issued=offer.issued,
        source=about.name,
        kind=about.kind,
        gaps=tuple(
            (before[-1].time + resolution, after[0].time) for before, after in pairwise(used)
        ),
    )
    return Reading(series, (*_lacks(offer, about), *_unused(stretches[len(used) :], series)))


def _known(point: Point, about: About, in_unit: float, issued: int) -> _Known:
    """The point with its time and value judged. Raises ``SeriesError``."""
    time = _seconds(point)
    value = (point.value if point.value is not None else math.nan) * in_unit
    low, high = BOUNDS[about.signal]
    if not (math.isfinite(value) and low <= value <= high):
        shown = f"{point.field} {point.value}: {value:g} {about.signal}"
        raise SeriesError(f"{shown}; allowed {low:g} to {high:g}; the answer is not used")
    return _Known(time, value, issued if point.issued is None else point.issued, point.field)


def _seconds(point: Point) -> int:
    """Seconds since the epoch. Raises ``SeriesError`` for a naive or absurd time."""
    if isinstance(point.time, datetime):
        if point.time.tzinfo is None:
            told = f"{point.field} at {point.time.isoformat()}: a time without offset"
            raise SeriesError(f"{told}; only times with an offset are clear on every day")
        seconds = math.floor(point.time.timestamp())
    else:
        seconds = point.time
    if not EARLIEST <= seconds <= LATEST:
        told = f"{point.field} at {seconds}: allowed are seconds since the epoch, 2000 to 2100"
        raise SeriesError(f"{told}; milliseconds or a wrong clock?")
    return seconds


def _newest(known: Sequence[_Known]) -> Sequence[_Known]:
    """One value a moment, in order. Raises ``SeriesError`` for two of one issue that differ."""
    by_time: dict[int, _Known] = {}
    for one in known:
        other = by_time.get(one.time)
        if other is None or one.issued > other.issued:
            by_time[one.time] = one
        elif one.issued == other.issued and one.value != other.value:
            told = f"{one.field} {one.value:g} and {other.field} {other.value:g}"
            raise SeriesError(f"{told}: two values of {_moment(one.time)}; the answer is not used")
    return [by_time[time] for time in sorted(by_time)]


def _stretches(known: Sequence[_Known], resolution: int) -> Sequence[Sequence[_Known]]:
    """Runs of points of which each begins before the one ahead of it has ended."""
    found: list[list[_Known]] = [[known[0]]]
    for one in known[1:]:
        if one.time - found[-1][-1].time > resolution:
            found.append([])
        found[-1].append(one)
    return found


def _begun(stretches: Sequence[Sequence[_Known]], now: int) -> Sequence[Sequence[_Known]]:
    begun = [one for one in stretches if one[0].time <= now]
    if not begun:
        first = stretches[0][0]
        raise SeriesError(f"{first.field}: nothing before {_moment(first.time)}, now is earlier")
    return begun


def _lacks(offer: Offer, about: About) -> Iterator[str]:
    return (f"{about.name}: {note}" for note in offer.notes)


def _unused(beyond: Sequence[Sequence[_Known]], series: Series) -> Iterator[str]:
    """One line where an answer breaks off and goes on later."""
    count = sum(map(len, beyond))
    if count:
        gap = f"{_moment(series.end)} to {_moment(beyond[0][0].time)}"
        yield f"{series.source}: a gap from {gap}; {count} values behind it are not used"


def _moment(time: int) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%MZ")
