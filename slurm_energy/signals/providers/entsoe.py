"""ENTSO-E's Transparency Platform: carbon intensity by generation type, or day-ahead prices.

Documents are asked for and read by the library entsoe-py (the extra ``entsoe``), through our own
door to the network: the security token travels in the query, and only there.
https://transparency.entsoe.eu
"""

import importlib
import logging
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from slurm_energy.errors import ProviderRefused, SeriesError
from slurm_energy.model.series import Kind, Signal
from slurm_energy.signals.offer import About, Offer, Point
from slurm_energy.signals.providers.lifecycle import Fuel, intensity
from slurm_energy.signals.secret import Secret
from slurm_energy.signals.table import usual_step
from slurm_energy.signals.web import Web

BASE = "https://web-api.tp.entsoe.eu/api"
HOUR, DAY = 3600, 86_400
LICENCE = "CC BY 4.0 for most items; ENTSO-E terms and conditions"
FUELS: Mapping[str, Fuel] = {
    "Biomass": Fuel.BIOMASS,
    "Fossil Brown coal/Lignite": Fuel.LIGNITE,
    "Fossil Coal-derived gas": Fuel.GAS,
    "Fossil Gas": Fuel.GAS,
    "Fossil Hard coal": Fuel.COAL,
    "Fossil Oil": Fuel.OIL,
    "Fossil Oil shale": Fuel.OIL,
    "Fossil Peat": Fuel.LIGNITE,
    "Geothermal": Fuel.GEOTHERMAL,
    "Hydro Run-of-river and pondage": Fuel.HYDRO,
    "Hydro Water Reservoir": Fuel.HYDRO,
    "Marine": Fuel.MARINE,
    "Nuclear": Fuel.NUCLEAR,
    "Other": Fuel.OTHER,
    "Other renewable": Fuel.HYDRO,
    "Solar": Fuel.SOLAR,
    "Waste": Fuel.WASTE,
    "Wind Offshore": Fuel.OFFSHORE,
    "Wind Onshore": Fuel.ONSHORE,
}
GENERATED = "Actual Aggregated"
_BEGINNING = 512


class EntsoeCarbon:
    """``zone`` as entsoe-py names it: ``DE_LU``, ``FR``."""

    def __init__(self, zone: str, token: Secret) -> None:
        self._zone = zone
        self._token = token
        self.about = About(f"entsoe.eu {zone}", Signal.CARBON, HOUR, Kind.AVERAGE, LICENCE)

    def fetch(self, web: Web, since: int, now: int) -> Offer:
        """Generation by type from ``since``; it is published an hour or two late."""
        library = _Library(web, self._token)
        frame = library.asked("query_generation", self._zone, since, now)
        points = [
            Point(round(time.timestamp()), _grams(row), f"generation at {time}")
            for time, row in frame.iterrows()
        ]
        return Offer("gCO2eq/kWh", now, points, _step(points))


class EntsoePrice:
    """``zone`` as entsoe-py names it: ``DE_LU``, ``FR``."""

    def __init__(self, zone: str, token: Secret) -> None:
        self._zone = zone
        self._token = token
        self.about = About(f"entsoe.eu {zone}", Signal.PRICE, HOUR, licence=LICENCE)

    def fetch(self, web: Web, since: int, now: int) -> Offer:
        """Day-ahead prices in EUR/MWh from ``since`` to the end of what is auctioned."""
        library = _Library(web, self._token)
        series = library.asked("query_day_ahead_prices", self._zone, since, now + 2 * DAY)
        points = [
            Point(round(time.timestamp()), _number(value), f"price at {time}")
            for time, value in series.items()
        ]
        return Offer("EUR/MWh", now, points, _step(points))


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the library reads of an answer."""

    text: str
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "text/xml"})

    def raise_for_status(self) -> None:
        """Ours has raised already."""


class _Session:
    """What the library takes for its connection: our door to the network."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self.headers: dict[str, str] = {}

    def get(self, *, params: Mapping[str, str], **_: object) -> _Answer:
        """The document, whatever address the library thinks of. Raises as ``Web.content``."""
        content = self._web.content("", params, self.headers)
        if b"<html" in content[:_BEGINNING].lower():
            raise SeriesError("HTML instead of XML; a proxy or a sign-in page stands between")
        return _Answer(content.decode("utf-8", errors="replace"))


class _Library:
    """entsoe-py, asking through our door; its failures as ours."""

    def __init__(self, web: Web, token: Secret) -> None:
        self._pandas = _imported("pandas")
        self._errors = _imported("entsoe.exceptions")
        # It logs queries, with the token, at DEBUG.
        logging.getLogger("entsoe").setLevel(logging.WARNING)
        made = _imported("entsoe").EntsoePandasClient
        self._client = made(api_key=token.read(), session=_Session(web), retry_count=1)

    def asked(self, query: str, zone: str, since: int, until: int) -> Any:
        """What the library makes of the answer. Raises as a provider does."""
        start, end = (self._pandas.Timestamp(time, unit="s", tz="UTC") for time in (since, until))
        try:
            return getattr(self._client, query)(zone, start=start, end=end)
        except self._errors.NoMatchingDataError:
            raise SeriesError(f"no data for {zone} in this time; check the zone") from None
        except ValueError as error:
            if "country code" in str(error):
                told = f"{zone!r} is no zone of entsoe-py; write DE_LU, FR or an EIC code"
                raise ProviderRefused(told) from None
            raise SeriesError(f"a document that entsoe-py can't read: {error}") from None
        except (AttributeError, KeyError, TypeError):
            raise SeriesError(
                "a document that entsoe-py can't read; has its form changed?"
            ) from None


def _imported(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        told = f"{name} is not installed; pip install 'slurm-energy[entsoe]'"
        raise ProviderRefused(told) from None


def _grams(row: Any) -> float | None:
    """The intensity of one moment; None where a type that is told otherwise is not."""
    given: dict[Fuel, float] = {}
    for name, value in _generated(row):
        power = _number(value)
        if power is None:
            return None
        given[FUELS[name]] = given.get(FUELS[name], 0.0) + power
    return intensity(given)


def _generated(row: Any) -> Iterator[tuple[str, Any]]:
    """Types with what they generate; consumption stands beside it in a second level."""
    for label, value in row.items():
        name, what = label if isinstance(label, tuple) else (label, GENERATED)
        if name in FUELS and what == GENERATED:
            yield name, value


def _number(value: Any) -> float | None:
    return None if math.isnan(value) else float(value)


def _step(points: list[Point]) -> int:
    return usual_step([one.time for one in points if isinstance(one.time, int)]) or HOUR
