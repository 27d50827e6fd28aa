"""``[power]``: limits, demand charge, grid events, and what the machines draw."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from slurm_energy.config.calendar import BandSettings
from slurm_energy.config.rules import Name, Strict, Text
from slurm_energy.decide.gpus.boards import BOARDS, DEFAULT_MODEL
from slurm_energy.model.power import GpuPower, PowerLimit, PowerModel

Watts = Annotated[float, Field(ge=0, le=100_000)]
"""Of one GPU or CPU."""
_CREDENTIAL = re.compile(r"[A-Za-z0-9._-]+")


class ScheduleSettings(BandSettings):
    """A limit that comes back by the clock; the lowest of all that hold counts."""

    kw: float = Field(ge=0, le=1e6, description="most kW its machines may draw meanwhile")
    reason: Text = Field(description="shown to users whose jobs it concerns")
    hold: bool = Field(
        default=False,
        description="no flexible job starts meanwhile, as in a grid event; else jobs share the kW",
    )


class ClusterPowerSettings(Strict):
    """One cluster's power; what is absent limits and costs nothing."""

    limit_kw: float | None = Field(
        default=None, gt=0, le=1e6, description="most kW its machines may draw, cooling not counted"
    )
    demand_charge: float | None = Field(
        default=None,
        ge=0,
        le=1e7,
        description="price of a kW of the month's highest draw (month in UTC)",
    )
    usual_peak_kw: float | None = Field(
        default=None,
        ge=0,
        le=1e6,
        description="kW that every month's highest draw reaches anyway; absent: most of the last "
        "month's highest, and in a first month half of what may be drawn",
    )
    base_kw: float | None = Field(
        default=None,
        ge=0,
        le=1e6,
        description="kW drawn with every GPU idle; absent: the idle draw of the GPUs alone",
    )
    events: Path | None = Field(
        default=None, description="CSV file of grid events: start,end,kw,reason"
    )
    schedule: tuple[ScheduleSettings, ...] = ()
    gpu: str | None = Field(
        default=None, min_length=1, description="type of GPUs whose GRES names no type"
    )

    @model_validator(mode="after")
    def _room_above_base(self) -> Self:
        if self.limit_kw is not None and self.base_kw is not None and self.base_kw >= self.limit_kw:
            msg = f"base_kw {self.base_kw:g} leaves no room below limit_kw {self.limit_kw:g}"
            raise ValueError(f"{msg}; lower base_kw")
        return self

    def limit(self) -> PowerLimit:
        """The limit in watts, without its events."""
        return PowerLimit(
            contract=None if self.limit_kw is None else 1000 * self.limit_kw,
            demand_charge=self.demand_charge,
            usual_peak=None if self.usual_peak_kw is None else 1000 * self.usual_peak_kw,
            base=None if self.base_kw is None else 1000 * self.base_kw,
        )


class GpuSettings(Strict):
    """What to change in what is known of a GPU type; a new type needs idle and active watts."""

    idle_watts: Watts | None = Field(default=None, description="watts of one without work")
    active_watts: Watts | None = Field(
        default=None, gt=0, description="watts of one at full load; absent: its data sheet's limit"
    )
    speed: float | None = Field(
        default=None,
        ge=0.01,
        le=1000,
        description="how fast jobs run on one beside other types that have a `speed`, such as 2 "
        "beside 1; absent: learned from jobs that ran on both",
    )


class PowerSettings(Strict):
    """Power as a capacity; without it nothing is limited and nothing changes."""

    clusters: dict[Name, ClusterPowerSettings] = Field(
        default_factory=dict, description="limits by cluster"
    )
    gpus: dict[Text, GpuSettings] = Field(
        default_factory=dict, description="GPU types as gres.conf names them"
    )
    webhook_token: str | None = Field(
        default=None,
        description="file with the token of POST /grid-event on metrics.listen, or the name of a "
        "systemd credential; absent: nobody can post",
    )
    cpu_watts: Watts = Field(
        default=DEFAULT_MODEL.cpu, description="watts of one allocated CPU above idle"
    )

    @field_validator("webhook_token")
    @classmethod
    def _place(cls, place: str | None) -> str | None:
        if place is not None and not place.startswith("/") and not _CREDENTIAL.fullmatch(place):
            raise ValueError("write an absolute path, or the bare name of a systemd credential")
        return place

    @model_validator(mode="after")
    def _known_gpus(self) -> Self:
        for name, settings in self.gpus.items():
            gpu = _changed(BOARDS.get(name.lower()), settings)
            if gpu is None:
                known = ", ".join(BOARDS)
                msg = f"gpus.{name} is none of {known}; give its idle_watts and active_watts"
                raise ValueError(msg)
            if gpu.idle > gpu.active:
                msg = f"gpus.{name}: idle {gpu.idle:g} W is above active {gpu.active:g} W"
                raise ValueError(f"{msg}; allowed is at most that")
        return self

    def limits(self) -> Mapping[str, PowerLimit]:
        """By cluster, without events."""
        return {name: cluster.limit() for name, cluster in self.clusters.items()}

    def model(self) -> PowerModel:
        """What is known of the machines' draw: data sheets, changed as the file says."""
        own = {
            name.lower(): gpu
            for name, settings in self.gpus.items()
            if (gpu := _changed(BOARDS.get(name.lower()), settings)) is not None
        }
        return replace(
            DEFAULT_MODEL,
            gpus={**BOARDS, **own},
            cpu=self.cpu_watts,
            untyped={
                name: cluster.gpu
                for name, cluster in self.clusters.items()
                if cluster.gpu is not None
            },
            speeds={
                name.lower(): settings.speed
                for name, settings in self.gpus.items()
                if settings.speed is not None
            },
        )


def _changed(known: GpuPower | None, settings: GpuSettings) -> GpuPower | None:
    """The type with what the file says of it; None where too little is known."""
    idle = settings.idle_watts if known is None else _or(settings.idle_watts, known.idle)
    active = settings.active_watts if known is None else _or(settings.active_watts, known.active)
    return None if idle is None or active is None else GpuPower(idle, active)


def _or(changed: float | None, default: float) -> float:
    return default if changed is None else changed
