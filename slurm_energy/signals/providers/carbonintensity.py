"""Great Britain's Carbon Intensity API (NESO, version 2): the nation or one of its regions.

Half-hourly forecasts to 48 h ahead; the nation's past is measured, a region's is its forecast.
https://carbon-intensity.github.io/api-definitions
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from pydantic import AwareDatetime, BaseModel

from slurm_energy.model.series import Kind, Signal
from slurm_energy.signals.offer import About, Offer, Point
from slurm_energy.signals.web import Web

BASE = "https://api.carbonintensity.org.uk"
HALF_HOUR = 1800
LONGEST = 13 * 86_400
"""Seconds of one request; the API allows 14 days."""
NATIONAL = "national"


class _Intensity(BaseModel):
    forecast: float | None = None
    actual: float | None = None


class _Period(BaseModel):
    from_: AwareDatetime
    intensity: _Intensity

    model_config = {"alias_generator": lambda name: name.rstrip("_")}


class _National(BaseModel):
    data: list[_Period]


class _Region(BaseModel):
    data: list[_Period]


class _Regional(BaseModel):
    data: _Region


class CarbonIntensity:
    """``region``: ``national``, or a region's number from 1 to 17."""

    def __init__(self, region: str) -> None:
        self._region = region
        self.about = About(
            name=f"carbonintensity.org.uk {region}",
            signal=Signal.CARBON,
            resolution=HALF_HOUR,
            kind=Kind.AVERAGE,
            licence="CC BY 4.0, NESO",
        )

    def fetch(self, web: Web, since: int, now: int) -> Offer:
        """The past from ``since`` in pieces of two weeks, then the next 48 h."""
        spans = [
            f"{_time(start)}/{_time(min(now, start + LONGEST))}"
            for start in range(since, now, LONGEST)
        ]
        points = [
            # Pieces share the half hour between them: what was asked last counts.
            _point(period, now + number)
            for number, span in enumerate([*spans, f"{_time(now)}/fw48h"])
            for period in self._periods(web, span)
        ]
        return Offer("gCO2eq/kWh", now, points)

    def _periods(self, web: Web, span: str) -> Iterator[_Period]:
        if self._region == NATIONAL:
            yield from web.json(_National, f"/intensity/{span}").data
        else:
            path = f"/regional/intensity/{span}/regionid/{self._region}"
            yield from web.json(_Regional, path).data.data


def _point(period: _Period, issued: int) -> Point:
    """The measured value where there is one, else the forecast."""
    told = period.intensity
    value = told.forecast if told.actual is None else told.actual
    return Point(period.from_, value, f"intensity at {period.from_:%Y-%m-%dT%H:%MZ}", issued)


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%MZ")
