"""A price by contract: known for certain as far ahead as anybody plans, so nobody forecasts it."""

from dataclasses import replace

from slurm_energy.model.calendar import DAY
from slurm_energy.model.series import Series, Signal
from slurm_energy.model.timeofuse import TimeOfUse
from slurm_energy.signals.reading import Reading

PAST = 28
"""Whole days back, at least: what is normalised over."""
AHEAD = 14
"""Whole days ahead, at least: beyond any planning horizon."""


class Tariff:
    """Prices per MWh by time of use, always fresh; ``name`` is what the site calls it."""

    def __init__(self, name: str, prices: TimeOfUse) -> None:
        self._name = name
        self._prices = prices
        self._day: int | None = None
        self._series = Series(Signal.PRICE, (), (), 0, 0, f"tariff {name}", fixed=True)

    def read(self, now: int) -> Reading:
        """The past four weeks and the next two, issued now; worked out once a day."""
        day = now // DAY
        if day != self._day:
            since, until = (day - PAST) * DAY, (day + AHEAD + 1) * DAY
            times, values = self._prices.steps(since, until)
            self._series = replace(self._series, times=times, values=values, end=until)
            self._day = day
        return Reading(replace(self._series, issued=now))
