"""Prices by time of use: bands of the calendar, each with its price, and one for the rest."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from slurm_energy.model.calendar import Band, Interval


@dataclass(frozen=True, slots=True)
class PricedBand:
    """A price while its band holds."""

    band: Band
    price: float


@dataclass(frozen=True, slots=True)
class TimeOfUse:
    """A price for every moment: of the first band that holds, else ``base``."""

    base: float
    bands: tuple[PricedBand, ...] = ()

    def times(self, factor: float) -> "TimeOfUse":
        """The same prices in another unit."""
        bands = tuple(replace(one, price=factor * one.price) for one in self.bands)
        return TimeOfUse(factor * self.base, bands)

    def at(self, moment: int) -> float:
        """The price at a moment, in seconds since the epoch."""
        return next((one.price for one in self.bands if one.band.holds(moment)), self.base)

    def steps(self, since: int, until: int) -> tuple[tuple[int, ...], tuple[float, ...]]:
        """Times and prices of ``[since, until)``: the first at ``since``, then where it changes."""
        held = [one.band.intervals(since, until) for one in self.bands]
        edges = {since, *(edge for found in held for piece in found for edge in piece)}
        cursors = [_Cursor(found) for found in held]
        times: list[int] = []
        prices: list[float] = []
        for edge in sorted(edges - {until}):
            price = self._price(cursors, edge)
            if not prices or price != prices[-1]:
                times.append(edge)
                prices.append(price)
        return tuple(times), tuple(prices)

    def _price(self, cursors: Sequence["_Cursor"], moment: int) -> float:
        """As :meth:`at`, for moments in rising order."""
        holds = [cursor.holds(moment) for cursor in cursors]
        return self.bands[holds.index(True)].price if True in holds else self.base


class _Cursor:
    """Goes through the intervals of one band once, for moments that only rise."""

    def __init__(self, intervals: Sequence[Interval]) -> None:
        self._intervals = intervals
        self._next = 0

    def holds(self, moment: int) -> bool:
        """Whether the band holds at a moment that is not before the last one asked."""
        while self._next < len(self._intervals) and self._intervals[self._next][1] <= moment:
            self._next += 1
        return self._next < len(self._intervals) and self._intervals[self._next][0] <= moment
