"""A signal over time, with its unit and the moment it was issued."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

FOR_EVER = 1 << 40
"""Seconds since the epoch, later than anything."""


class Signal(StrEnum):
    """What a series measures; the value is the unit it is kept in."""

    CARBON = "gCO2eq/kWh"
    PRICE = "per MWh"
    TEMPERATURE = "degC"
    """Outside, where the site gives its heat to."""
    PUE = "kWh per kWh of machines"
    GPU_HOUR = "per GPU-hour"
    CPU_HOUR = "per CPU-hour"
    SHARE = "of 1"


BOUNDS: Mapping[Signal, tuple[float, float]] = {
    Signal.CARBON: (0.0, 3000.0),
    Signal.PRICE: (-1e7, 1e7),
    Signal.TEMPERATURE: (-90.0, 60.0),
    Signal.PUE: (1.0, 10.0),
}
"""Outside of these a value is taken for a mistake. Negative prices are real; the price's bounds
are wide because a currency may count in thousands."""


class Kind(StrEnum):
    """How a carbon intensity is counted; two kinds are never mixed (GHG Protocol, scope 2)."""

    AVERAGE = "average, location-based"
    """All generation of the grid, in the mean."""
    MARGINAL = "marginal, location-based"
    """The generation that answers to a change of demand."""
    MARKET = "average, market-based"
    """What was contracted: certificates, power purchase agreements."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Who continued a series where its provider told no more, and how good he has been."""

    provider: str
    """What the values before ``since`` are from."""
    name: str
    """Of the forecaster: learned, week, yesterday, or threshold."""
    since: int
    """From here on the values are his."""
    rank: float | None
    """Mean Spearman correlation of his order of the next 24 hours with the true one; None: not
    known yet."""
    error: float | None
    """His mean absolute error over the next 23 hours, in the signal's unit."""
    days: float
    """Evidence for both: days that were judged, older ones counting less."""
    reason: str
    """Why he was chosen."""


@dataclass(frozen=True, slots=True)
class Record:
    """How good one source of forecasts of a signal has been so far."""

    name: str
    """``provider``, or the name of a forecaster of ours."""
    rank: float | None
    """Mean Spearman correlation of its order of the next 24 hours with the true one."""
    error: float | None
    """Its mean absolute error over the next 23 hours, in the signal's unit."""
    days: float
    """Evidence for both: days that were judged, older ones counting less."""


@dataclass(frozen=True, slots=True)
class Series:
    """Piecewise-constant values: ``values[i]`` holds from ``times[i]`` to ``times[i + 1]``.

    The last value holds until ``end``. Outside ``[times[0], end)``, and in ``gaps``, nothing is
    known.
    """

    signal: Signal
    times: tuple[int, ...]
    values: tuple[float, ...]
    end: int
    issued: int
    source: str
    spread: tuple[float, ...] = ()
    """One standard deviation of each value, for a forecast that tells it; empty: not told."""
    forecast: Forecast | None = None
    """None: all of it is the provider's own."""
    kind: Kind | None = None
    """Of a carbon intensity; None: not told, or a price."""
    fixed: bool = False
    """Known for certain, by contract: what it says of the future is no forecast."""
    gaps: tuple[tuple[int, int], ...] = ()
    """Spans of the past ``[from, to)``, in order, of which nothing is known; each ends where the
    next value begins."""

    def at(self, time: float) -> float | None:
        """Value at ``time``, or None where the series says nothing."""
        if not self.times or time < self.times[0] or time >= self.end:
            return None
        index = bisect_right(self.times, time) - 1
        if self.gaps and time >= self.holds_until(index):
            return None
        return self.values[index]

    def holds_until(self, index: int) -> int:
        """When ``values[index]`` no longer holds: at the next value, at a gap, or at the end."""
        following = self.times[index + 1] if index + 1 < len(self.times) else self.end
        begun = self.times[index]
        return next((start for start, _ in self.gaps if begun <= start < following), following)

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
    pue: Series | None = None
    """What the site draws for each kWh of its machines; carbon and price are without it. None:
    the site names none, and nothing is multiplied."""
    records: Mapping[Signal, Sequence[Record]] = field(default_factory=dict)
    """Everyone who was judged, by signal; empty where nothing is forecast."""
