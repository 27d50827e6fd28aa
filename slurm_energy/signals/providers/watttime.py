"""WattTime, version 3: a region's marginal operating emissions rate (``co2_moer``), 5-minute.

Each fetch logs in for a token of its own (they hold for 30 minutes), then asks for what was
measured and for the newest forecast. https://docs.watttime.org
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from pydantic import AwareDatetime, BaseModel

from slurm_energy.errors import SeriesError
from slurm_energy.model.series import Kind, Signal
from slurm_energy.signals.offer import About, Offer, Point
from slurm_energy.signals.secret import Secret
from slurm_energy.signals.web import Web

BASE = "https://api.watttime.org"
FIVE_MINUTES = 300
AHEAD_HOURS = 72
SIGNAL = "co2_moer"
UNIT = "lbs_co2_per_mwh"


class _Login(BaseModel):
    token: str


class _Value(BaseModel):
    point_time: AwareDatetime
    value: float | None


class _Meta(BaseModel):
    units: str
    generated_at: AwareDatetime | None = None


class _Told(BaseModel):
    data: list[_Value]
    meta: _Meta


class WattTime:
    """``region`` as the provider names it: ``CAISO_NORTH``."""

    def __init__(self, region: str, user: str, password: Secret) -> None:
        self._region = region
        self._user = user
        self._password = password
        self.about = About(
            name=f"watttime.org {region}",
            signal=Signal.CARBON,
            resolution=FIVE_MINUTES,
            kind=Kind.MARGINAL,
            licence="WattTime terms of service; CAISO_NORTH is free to preview",
        )

    def fetch(self, web: Web, since: int, now: int) -> Offer:
        """What was measured from ``since`` (the API tells 32 days), and up to 72 h ahead."""
        login = web.json(_Login, "/login", auth=(self._user, self._password.read()))
        headers = {"Authorization": f"Bearer {login.token}"}
        asked = {"region": self._region, "signal_type": SIGNAL}
        span = {"start": _time(since), "end": _time(now)}
        past = web.json(_Told, "/v3/historical", asked | span, headers)
        ahead = {"horizon_hours": str(AHEAD_HOURS)}
        future = web.json(_Told, "/v3/forecast", asked | ahead, headers)
        for told in (past, future):
            if told.meta.units != UNIT:
                raise SeriesError(f"meta.units {told.meta.units!r}: expected {UNIT}")
        issued = round(future.meta.generated_at.timestamp()) if future.meta.generated_at else now
        # What was measured stands, however late the forecast was made.
        points = [
            *_points("historical", past.data, now),
            *_points("forecast", future.data, min(issued, now - 1)),
        ]
        return Offer("lbCO2/MWh", now, points)


def _points(name: str, values: list[_Value], issued: int) -> Iterator[Point]:
    for number, one in enumerate(values):
        yield Point(one.point_time, one.value, f"{name}.data[{number}].value", issued)


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
