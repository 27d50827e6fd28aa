"""A signal over time, with its unit and the moment it was issued."""

from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum


class Signal(StrEnum):
    """What a series measures; the value is the unit it is kept in."""

    CARBON = "gCO2eq/kWh"
    PRICE = "per MWh"


@dataclass(frozen=True, slots=True)
class Series:
    """Piecewise-constant values: ``values[i]`` holds from ``times[i]`` to ``times[i + 1]``.

    The last value holds until ``end``. Outside ``[times[0], end)`` nothing is known.
    """

    signal: Signal
    times: tuple[int, ...]
    values: tuple[float, ...]
    end: int
    issued: int
    source: str
    spread: tuple[float, ...] = ()
    """One standard deviation of each value, for a forecast that tells it; empty: not told."""

    def at(self, time: float) -> float | None:
        """Value at ``time``, or None where the series says nothing."""
        if not self.times or time < self.times[0] or time >= self.end:
            return None
        return self.values[bisect_right(self.times, time) - 1]

    def age(self, now: int) -> int:
        """Seconds since the series was issued."""
        return now - self.issued

    def next_step(self, now: int) -> int | None:
        """The next time after ``now`` at which the value may change, or None."""
        index = bisect_right(self.times, now)
        return self.times[index] if index < len(self.times) else None


@dataclass(frozen=True, slots=True)
class ClusterSignals:
    """What is known of one cluster's energy now; None means missing, stale or refused."""

    carbon: Series | None
    price: Series | None
    problems: tuple[str, ...] = ()
