"""Energy-Charts (Fraunhofer ISE): a country's carbon intensity, or a zone's day-ahead prices.

The intensity is worked out from public generation by type. Its future is read from the traffic
light, which tells the share of renewables that is expected: a straight line, fitted to the past
in which both are known, makes an intensity of it. https://api.energy-charts.info
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from pydantic import BaseModel

from slurm_energy.errors import ProviderRefused, SeriesError
from slurm_energy.model.series import Kind, Signal
from slurm_energy.signals.offer import About, Offer, Point
from slurm_energy.signals.providers.lifecycle import Fuel, intensity
from slurm_energy.signals.table import usual_step
from slurm_energy.signals.web import Web

BASE = "https://api.energy-charts.info"
QUARTER, HOUR, DAY = 900, 3600, 86_400
FUELS: Mapping[str, Fuel] = {
    "Biomass": Fuel.BIOMASS,
    "Fossil brown coal / lignite": Fuel.LIGNITE,
    "Fossil coal-derived gas": Fuel.GAS,
    "Fossil gas": Fuel.GAS,
    "Fossil hard coal": Fuel.COAL,
    "Fossil oil": Fuel.OIL,
    "Fossil oil shale": Fuel.OIL,
    "Fossil peat": Fuel.LIGNITE,
    "Geothermal": Fuel.GEOTHERMAL,
    "Hydro Run-of-River": Fuel.HYDRO,
    "Hydro water reservoir": Fuel.HYDRO,
    "Marine": Fuel.MARINE,
    "Nuclear": Fuel.NUCLEAR,
    "Others": Fuel.OTHER,
    "Other renewables": Fuel.HYDRO,
    "Solar": Fuel.SOLAR,
    "Waste": Fuel.WASTE,
    "Wind offshore": Fuel.OFFSHORE,
    "Wind onshore": Fuel.ONSHORE,
}
SHARE = "Renewable share of load"
LEAST_FIT = 96
"""Values that both are known of before a line is fitted: a day of quarter hours."""
FOLLOWS = -0.5
"""The share must tell the intensity at least so well (Pearson's correlation)."""


class _Type(BaseModel):
    name: str
    data: list[float | None]


class _Power(BaseModel):
    unix_seconds: list[int]
    production_types: list[_Type]


class _Light(BaseModel):
    unix_seconds: list[int]
    share: list[float | None]


class _Price(BaseModel):
    unix_seconds: list[int]
    price: list[float | None]
    unit: str


class EnergyChartsCarbon:
    """``country`` as the provider names it: ``de``, ``fr``."""

    def __init__(self, country: str) -> None:
        self._country = country
        self.about = About(
            name=f"energy-charts.info {country}",
            signal=Signal.CARBON,
            resolution=QUARTER,
            kind=Kind.AVERAGE,
            licence="CC BY 4.0, Fraunhofer ISE",
        )

    def fetch(self, web: Web, since: int, now: int) -> Offer:
        """Intensity from ``since`` to the last quarter that is known, and what the share tells."""
        asked = {"country": self._country}
        span = {"start": str(since), "end": str(now)}
        power = web.json(_Power, "/public_power", asked | span)
        for one in power.production_types:
            _same_length(f"production_types {one.name}", one.data, power.unix_seconds)
        grams = list(_grams(power))
        step = usual_step(power.unix_seconds) or QUARTER
        points = [
            Point(time, value, f"public_power at {time}")
            for time, value in zip(power.unix_seconds, grams, strict=True)
        ]
        known = [time for time, value in zip(power.unix_seconds, grams, strict=True) if value]
        last = max(known, default=since)
        try:
            light = web.json(_Light, "/signal", asked)
        except ProviderRefused:
            return Offer("gCO2eq/kWh", now, points, step, ("no traffic light for this country",))
        _same_length("share", light.share, light.unix_seconds)
        ahead = _ahead(power, grams, light, last)
        if ahead is None:
            note = "the share of renewables does not tell its intensity; no forecast from it"
            return Offer("gCO2eq/kWh", now, points, step, (note,))
        return Offer("gCO2eq/kWh", now, [*points, *ahead], step)


class EnergyChartsPrice:
    """``zone`` as the provider names it: ``DE-LU``, ``FR``."""

    def __init__(self, zone: str) -> None:
        self._zone = zone
        self.about = About(
            name=f"energy-charts.info {zone}",
            signal=Signal.PRICE,
            resolution=HOUR,
            licence="by zone: CC BY 4.0, or private use only; see license_info of the answer",
        )

    def fetch(self, web: Web, since: int, now: int) -> Offer:
        """Day-ahead prices from ``since`` to the end of what is auctioned."""
        span = {"start": str(since), "end": str(now + 2 * DAY)}
        told = web.json(_Price, "/price", {"bzn": self._zone} | span)
        _same_length("price", told.price, told.unix_seconds)
        points = [
            Point(time, value, f"price at {time}")
            for time, value in zip(told.unix_seconds, told.price, strict=True)
        ]
        unit = told.unit.replace(" ", "")
        return Offer(unit, now, points, usual_step(told.unix_seconds) or HOUR)


def _same_length(name: str, values: Sequence[float | None], times: Sequence[int]) -> None:
    if len(values) != len(times):
        raise SeriesError(f"{name} has {len(values)} values, unix_seconds has {len(times)}")


def _grams(power: _Power) -> Iterator[float | None]:
    """The intensity of each moment; None where a type that is otherwise told is not."""
    told = [
        (FUELS[one.name], one.data)
        for one in power.production_types
        if one.name in FUELS and any(value is not None for value in one.data)
    ]
    for index in range(len(power.unix_seconds)):
        given: dict[Fuel, float] = {}
        for fuel, data in told:
            value = data[index]
            if value is None:
                break
            given[fuel] = given.get(fuel, 0.0) + value
        else:
            yield intensity(given)
            continue
        yield None


def _ahead(
    power: _Power, grams: Sequence[float | None], light: _Light, last: int
) -> Sequence[Point] | None:
    """Intensities after ``last`` by the share that is expected; None without such a line."""
    shares = next((one.data for one in power.production_types if one.name == SHARE), [])
    both = np.array(
        [
            (share, value)
            for share, value in zip(shares, grams, strict=False)
            if share is not None and value is not None
        ]
    )
    if len(both) < LEAST_FIT or np.ptp(both, axis=0).min() == 0:
        return None
    share, value = both.T
    if np.corrcoef(share, value)[0, 1] > FOLLOWS:
        return None
    slope, start = np.polyfit(share, value, 1)
    least = float(value.min())
    return [
        Point(time, max(least, float(start + slope * told)), f"signal at {time}")
        for time, told in zip(light.unix_seconds, light.share, strict=True)
        if told is not None and time > last
    ]
