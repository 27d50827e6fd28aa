"""What was measured of a signal: single values with the time for which each held."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from slurm_energy.model.series import Kind, Series, Signal


class Step(NamedTuple):
    """``value`` held in ``[time, until)``; seconds since the epoch."""

    time: int
    until: int
    value: float


@dataclass(frozen=True, slots=True)
class Topic:
    """What a history is of; two kinds are two histories."""

    cluster: str
    signal: Signal
    kind: Kind | None
    """Of a carbon intensity; None: a price, or not told."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A piece of history as one source told it at one time."""

    topic: Topic
    source: str
    issued: int
    """Of two values of one moment the later issued counts; seconds since the epoch."""
    steps: Sequence[Step]


def ended(series: Series, since: int, now: int) -> Iterator[Step]:
    """What the series tells of the past: its steps from ``since`` on that had ended at its issue.

    A step that had not ended, and all that is later, was still a forecast.
    """
    known_at = min(series.issued, now)
    for index in range(bisect_left(series.times, since), len(series.times)):
        until = series.holds_until(index)
        if until > known_at:
            return
        yield Step(series.times[index], until, series.values[index])


def series_of(topic: Topic, source: str, issued: int, steps: Sequence[Step]) -> Series:
    """The steps, at least one and in order of time, as a series; what lies between is a gap."""
    gaps = [(one.until, after.time) for one, after in pairwise(steps) if one.until < after.time]
    return Series(
        signal=topic.signal,
        times=tuple(step.time for step in steps),
        values=tuple(step.value for step in steps),
        end=steps[-1].until,
        issued=issued,
        source=source,
        kind=topic.kind,
        gaps=tuple(gaps),
    )
