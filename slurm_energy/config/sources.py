"""Where one signal of one cluster comes from: a file, a constant, or a provider by its own name."""

import re
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    model_validator,
)

from slurm_energy.config.rules import Duration, Name, Strict
from slurm_energy.model.series import Kind

KINDS = {"average": Kind.AVERAGE, "marginal": Kind.MARGINAL, "market": Kind.MARKET}
CarbonKind = Literal["average", "marginal", "market"]
_ZONE = re.compile(r"[A-Za-z0-9 ._/-]{1,64}")
_PLACE = re.compile(r"/.+|[a-z][a-z._-]{0,31}")
_REGION = re.compile(r"national|[1-9]|1[0-7]")
_ADDRESS = re.compile(
    r"https://[^\s?#@]+[^\s?#@/]"
    r"|http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(/[^\s?#@]*[^\s?#@/])?"
)


def _zone(value: str) -> str:
    if not _ZONE.fullmatch(value):
        raise ValueError("expected the provider's own name of a zone, such as DE or CAISO_NORTH")
    return value


def _place(value: str) -> str:
    """Nearly every token has a digit or a capital: one that is pasted here is refused, unshown."""
    if not _PLACE.fullmatch(value):
        told = "expected the path of a file, such as /etc/slurm-energy/provider.token, or a systemd"
        raise ValueError(f"{told} credential's name in small letters; never the secret itself")
    return value


def _absolute(value: Path) -> Path:
    if not value.is_absolute():
        raise ValueError("expected an absolute path; the daemon has no folder of its own")
    return value


def _region(value: object) -> object:
    told = str(value) if isinstance(value, int) else value
    if not isinstance(told, str) or not _REGION.fullmatch(told):
        raise ValueError("expected national, or a region's number, 1 to 17")
    return told


def _address(value: str) -> str:
    if not _ADDRESS.fullmatch(value):
        raise ValueError("expected https://HOST/PATH, or http:// on the loopback, without / at end")
    return value


File = Annotated[Path, AfterValidator(_absolute)]
Zone = Annotated[str, AfterValidator(_zone)]
Place = Annotated[str, AfterValidator(_place)]
"""Path of a file with a secret, or the name of a systemd credential."""
Address = Annotated[str, AfterValidator(_address)]
"""``https``, or ``http`` on the loopback; no slash at the end, no user, no query."""
ANY, CARBON, PRICE = (
    frozenset({"carbon", "price", "temperature"}),
    frozenset({"carbon"}),
    frozenset({"price"}),
)
"""The signals that a source can tell."""
_KIND = "how a carbon intensity is counted: average, marginal or market (contracts); not for prices"
_URL = "another address that speaks the same interface, such as a proxy of the site"


class Constant(Strict):
    """A signal that never changes."""

    tells: ClassVar = ANY
    constant: float = Field(description="the value, in the signal's unit")
    kind: CarbonKind = Field(default="average", description=_KIND)


class FileSource(Strict):
    """What any file of a signal needs; future rows are its forecast."""

    tells: ClassVar = ANY
    time: str = Field(
        default="time", min_length=1, description="column: ISO 8601 with offset, or epoch seconds"
    )
    value: str = Field(default="value", min_length=1, description="column of the value")
    unit: str = Field(default="unit", description="column of the unit")
    fixed_unit: str = Field(default="", description="the unit of every row, without a unit column")
    longest_step: Duration | None = Field(
        default=None, gt=0, description="a longer step is a gap; absent: the most common step"
    )
    kind: CarbonKind = Field(default="average", description=_KIND)

    @property
    def path(self) -> Path:
        """The file."""
        raise NotImplementedError


class CsvSource(FileSource):
    """A signal from a CSV file that somebody keeps up to date, future rows included."""

    csv: File = Field(description="file with a header line")

    @property
    def path(self) -> Path:
        """The file."""
        return self.csv


class ParquetSource(FileSource):
    """A signal from a Parquet file that somebody keeps up to date, future rows included."""

    parquet: File = Field(description="file with named columns; needs the extra parquet")

    @property
    def path(self) -> Path:
        """The file."""
        return self.parquet


class Tariff(Strict):
    """An energy price by contract."""

    tells: ClassVar = PRICE
    kind: ClassVar[CarbonKind] = "average"
    tariff: Name = Field(description="one of tariffs")


class CarbonIntensityGb(Strict):
    """Carbon intensity of Great Britain by NESO's Carbon Intensity API, with its forecast."""

    tells: ClassVar = CARBON
    kind: ClassVar[CarbonKind] = "average"
    carbon_intensity_gb: Annotated[str, BeforeValidator(_region)] = Field(
        description="national, or a region's number, 1 to 17"
    )
    url: Address | None = Field(default=None, description=_URL)


class ElectricityMaps(Strict):
    """Carbon intensity by Electricity Maps (v3), with a forecast where the plan has one."""

    tells: ClassVar = CARBON
    kind: ClassVar[CarbonKind] = "average"
    electricity_maps: Zone = Field(description="zone, such as DE or US-CAL-CISO")
    token: Place = Field(description="file with the API token, or a systemd credential's name")
    url: Address | None = Field(default=None, description=_URL)


class WattTime(Strict):
    """Marginal carbon intensity by WattTime (v3, co2_moer), with its forecast."""

    tells: ClassVar = CARBON
    kind: ClassVar[CarbonKind] = "marginal"
    watttime: Zone = Field(description="region, such as CAISO_NORTH")
    user: str = Field(min_length=1, description="name of the account")
    password: Place = Field(description="file with its password, or a systemd credential's name")
    url: Address | None = Field(default=None, description=_URL)


class EnergyCharts(Strict):
    """Carbon intensity from generation by type, or day-ahead prices, by Energy-Charts."""

    tells: ClassVar = CARBON | PRICE
    kind: ClassVar[CarbonKind] = "average"
    energy_charts: Zone = Field(description="for carbon a country, such as de; for prices DE-LU")
    url: Address | None = Field(default=None, description=_URL)


class Entsoe(Strict):
    """Carbon intensity from generation by type, or day-ahead prices in EUR, by ENTSO-E."""

    tells: ClassVar = CARBON | PRICE
    kind: ClassVar[CarbonKind] = "average"
    entsoe: Zone = Field(description="bidding zone, such as DE_LU or FR; needs the extra entsoe")
    token: Place = Field(description="file with the security token, or a systemd credential's name")
    url: Address | None = Field(default=None, description=_URL)


class GridStatus(Strict):
    """Day-ahead prices in USD of a US system operator, by the library gridstatus."""

    tells: ClassVar = PRICE
    kind: ClassVar[CarbonKind] = "average"
    gridstatus: Literal["CAISO", "ERCOT", "ISONE", "MISO", "NYISO", "PJM", "SPP"] = Field(
        description="the system operator; needs the extra gridstatus"
    )
    location: str = Field(min_length=1, description="node, hub or zone, as the operator names it")
    token: Place | None = Field(
        default=None, description="PJM alone, and always: file with the API key"
    )

    @model_validator(mode="after")
    def _key_of_pjm(self) -> Self:
        if self.gridstatus == "PJM" and self.token is None:
            raise ValueError("PJM asks for an API key; add token, the path of a file that holds it")
        if self.gridstatus != "PJM" and self.token is not None:
            raise ValueError(f"{self.gridstatus} takes no token; remove it")
        return self


_KEYS: dict[str, type[Strict]] = {
    "constant": Constant,
    "csv": CsvSource,
    "parquet": ParquetSource,
    "tariff": Tariff,
    "carbon_intensity_gb": CarbonIntensityGb,
    "electricity_maps": ElectricityMaps,
    "watttime": WattTime,
    "energy_charts": EnergyCharts,
    "entsoe": Entsoe,
    "gridstatus": GridStatus,
}


def _which(value: Any) -> str | None:
    """The source's name: the one key that says what it is."""
    found = value if isinstance(value, dict) else getattr(value, "__dict__", {})
    named = [key for key in _KEYS if key in found]
    return named[0] if len(named) == 1 else None


Source = Annotated[
    Annotated[Constant, Tag("constant")]
    | Annotated[CsvSource, Tag("csv")]
    | Annotated[ParquetSource, Tag("parquet")]
    | Annotated[Tariff, Tag("tariff")]
    | Annotated[CarbonIntensityGb, Tag("carbon_intensity_gb")]
    | Annotated[ElectricityMaps, Tag("electricity_maps")]
    | Annotated[WattTime, Tag("watttime")]
    | Annotated[EnergyCharts, Tag("energy_charts")]
    | Annotated[Entsoe, Tag("entsoe")]
    | Annotated[GridStatus, Tag("gridstatus")],
    Discriminator(
        _which,
        custom_error_type="source",
        custom_error_message=f"expected exactly one of {', '.join(_KEYS)}",
    ),
]


def _listed(value: object) -> object:
    """A single source stands for a list of one."""
    return value if isinstance(value, list | tuple) else [value]


Sources = Annotated[tuple[Source, ...], BeforeValidator(_listed)]
"""In order of preference: the first that can be trusted is used."""


def keys() -> tuple[str, ...]:
    """Every key that says what a source is."""
    return tuple(_KEYS)


def name_of(source: Source) -> str:
    """The key that says what it is."""
    return next(key for key, model in _KEYS.items() if isinstance(source, model))
