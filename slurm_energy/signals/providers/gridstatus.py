"""Day-ahead prices of the US system operators, by the library gridstatus (an extra).

The library speaks to each operator by itself, with its own connections; what it raises is one line
here. NYISO is proven over its documented files; the others differ by the name of the method.
https://opensource.gridstatus.io
"""

import importlib
import logging
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from slurm_energy.errors import ProviderError, ProviderRefused, SeriesError
from slurm_energy.model.series import Signal
from slurm_energy.signals.offer import About, Offer, Point
from slurm_energy.signals.secret import Secret
from slurm_energy.signals.web import Web

HOUR = 3600
PAST_DAYS = 7
"""The library asks day by day: at first a week, then what is new."""


@dataclass(frozen=True, slots=True)
class Operator:
    """How gridstatus tells an operator's day-ahead market."""

    name: str
    """Its class."""
    method: str = "get_lmp_day_ahead_hourly"
    price: str = "LMP"
    by_location: bool = False
    """Whether the method takes market and locations; else it tells all of them."""


OPERATORS: Mapping[str, Operator] = {
    "CAISO": Operator("CAISO", "get_lmp", by_location=True),
    "ERCOT": Operator("Ercot", "get_spp", "SPP", by_location=True),
    "ISONE": Operator("ISONE"),
    "MISO": Operator("MISO"),
    "NYISO": Operator("NYISO"),
    "PJM": Operator("PJM"),
    "SPP": Operator("SPP"),
}


class GridStatus:
    """``operator`` of :data:`OPERATORS`; ``location`` as it names its nodes, hubs and zones.

    ``token`` is PJM's API key; the others need none.
    """

    def __init__(self, operator: str, location: str, token: Secret | None = None) -> None:
        self._operator = OPERATORS[operator]
        self._location = location
        self._token = token
        self.about = About(
            name=f"gridstatus {operator} {location}",
            signal=Signal.PRICE,
            resolution=HOUR,
            licence="by operator; see its terms of use",
        )

    def fetch(self, web: Web, since: int, now: int) -> Offer:  # noqa: ARG002 - it has its own
        """Hourly prices in USD/MWh from ``since`` (a week at most) to tomorrow, where auctioned."""
        operator = self._made()
        zone = ZoneInfo(operator.default_timezone)
        today = datetime.fromtimestamp(now, zone).replace(hour=0, minute=0, second=0)
        first = max(datetime.fromtimestamp(since, zone), today - timedelta(days=PAST_DAYS))
        points: list[Point] = []
        for back in range((today.date() - first.date()).days, -1, -1):
            points += self._day(operator, today - timedelta(days=back))
        try:
            points += self._day(operator, today + timedelta(days=1))
        except ProviderError:
            return Offer("USD/MWh", now, points)  # Tomorrow's auction is not over.
        return Offer("USD/MWh", now, points)

    def _made(self) -> Any:
        try:
            library = importlib.import_module("gridstatus")
        except ImportError:
            told = "gridstatus is not installed; pip install 'slurm-energy[gridstatus]'"
            raise ProviderRefused(told) from None
        # It tells every address it asks.
        logging.getLogger("gridstatus").setLevel(logging.WARNING)
        made = getattr(library, self._operator.name)
        return made(api_key=self._token.read()) if self._token else made()

    def _day(self, operator: Any, day: datetime) -> Iterator[Point]:
        """One day's prices at the location. Raises ``ProviderError`` for whatever goes wrong."""
        asked = {"market": "DAY_AHEAD_HOURLY", "locations": [self._location]}
        told = asked if self._operator.by_location else {}
        try:
            frame = getattr(operator, self._operator.method)(day.strftime("%Y-%m-%d"), **told)
        except Exception as error:  # noqa: BLE001
            # Each operator's reader raises what its files make of it.
            name, kind = self.about.name, type(error).__name__
            raise ProviderError(f"{name}: no prices of {day:%Y-%m-%d} ({kind})") from None
        return self._points(frame)

    def _points(self, frame: Any) -> Iterator[Point]:
        found = frame[frame["Location"].astype(str) == self._location]
        if not len(found):
            known = ", ".join(sorted(map(str, frame["Location"].unique()))[:5])
            told = f"no location {self._location!r}; it has {known} and others"
            raise SeriesError(told)
        for time, price in zip(found["Interval Start"], found[self._operator.price], strict=True):
            value = None if math.isnan(price) else float(price)
            yield Point(round(time.timestamp()), value, f"price at {time}")
