"""Electricity Maps, version 3: a zone's average carbon intensity, life-cycle, hourly.

The last day, the present hour, and a forecast where the plan has one.
https://app.electricitymaps.com/developer-hub/api/reference
"""

from collections.abc import Iterator

from pydantic import AwareDatetime, BaseModel, Field

from slurm_energy.errors import ProviderRefused
from slurm_energy.model.series import Kind, Signal
from slurm_energy.signals.offer import About, Offer, Point
from slurm_energy.signals.secret import Secret
from slurm_energy.signals.web import Web

BASE = "https://api.electricitymaps.com"
HOUR = 3600
AHEAD_HOURS = 72


class _Hour(BaseModel):
    moment: AwareDatetime = Field(alias="datetime")
    intensity: float | None = Field(alias="carbonIntensity")


class _History(BaseModel):
    history: list[_Hour]


class _Forecast(BaseModel):
    forecast: list[_Hour]
    updated: AwareDatetime | None = Field(default=None, alias="updatedAt")


class ElectricityMaps:
    """``zone`` as the provider names it: ``DE``, ``US-CAL-CISO``."""

    def __init__(self, zone: str, token: Secret) -> None:
        self._zone = zone
        self._token = token
        self.about = About(
            name=f"electricitymaps.com {zone}",
            signal=Signal.CARBON,
            resolution=HOUR,
            kind=Kind.AVERAGE,
            licence="Electricity Maps terms of service; the free plan is not for commercial use",
        )

    def fetch(self, web: Web, since: int, now: int) -> Offer:  # noqa: ARG002 - it tells a day
        """The last 24 h, the present hour, and up to 72 h ahead."""
        query, headers = {"zone": self._zone}, {"auth-token": self._token.read()}
        past = web.json(_History, "/v3/carbon-intensity/history", query, headers)
        present = web.json(_Hour, "/v3/carbon-intensity/latest", query, headers)
        points = [*_points("history", past.history, now), *_points("latest", [present], now + 1)]
        try:
            query["horizonHours"] = str(AHEAD_HOURS)
            told = web.json(_Forecast, "/v3/carbon-intensity/forecast", query, headers)
        except ProviderRefused:
            return Offer("gCO2eq/kWh", now, points, notes=("no forecast in this plan",))
        issued = round(told.updated.timestamp()) if told.updated else now
        # What was measured stands, however late the forecast was made.
        points += _points("forecast", told.forecast, min(issued, now - 1))
        return Offer("gCO2eq/kWh", now, points)


def _points(name: str, hours: list[_Hour], issued: int) -> Iterator[Point]:
    for number, one in enumerate(hours):
        yield Point(one.moment, one.intensity, f"{name}[{number}].carbonIntensity", issued)
