"""How good each source of forecasts has been, as it is kept over restarts."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Score:
    """Exponentially forgotten sums of one source's scored windows."""

    at: int
    """Start of the last window that was scored; seconds since the epoch."""
    weight: float
    rank: float
    places: tuple[float, ...]
    """Of the predicted place, the true one, their squares and their product."""
    error: tuple[float, ...]
    """By band of lead times, as is the bias."""
    bias: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """A forecast that waits for its truth: 24 hours from the one it was made in."""

    source: str
    start: int
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Scores:
    """The record of every source of one signal on one cluster."""

    judged: int
    """The last hour in which all of them were asked; seconds since the epoch."""
    by_source: Mapping[str, Score]
    waiting: tuple[Window, ...]
