"""What a provider is to this room: its description, and its answer before it was judged."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from slurm_energy.model.series import Kind, Signal
from slurm_energy.signals.web import Web


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a provider before it is asked."""

    name: str
    """Provider and zone, as status shows them: ``electricity-maps DE``."""
    signal: Signal
    resolution: int
    """Seconds a value holds; it is asked once in so many seconds."""
    kind: Kind | None = None
    """Of a carbon intensity; None: a price."""
    licence: str = ""
    """Terms of use of the data, in a few words."""


@dataclass(frozen=True, slots=True)
class Point:
    """One value of an answer, as it was read."""

    time: datetime | int
    """When it begins to hold; a datetime with its offset, or seconds since the epoch."""
    value: float | None
    """In the offer's unit; None: the provider does not know it."""
    field: str
    """Where it stands in the answer: ``forecast[3].carbonIntensity``."""
    issued: int | None = None
    """Of two values of one moment the later issued counts; None: the offer's own issue."""


@dataclass(frozen=True, slots=True)
class Offer:
    """An answer: points in any order, of the past and of the future."""

    unit: str
    """As people write it: ``gCO2eq/kWh``, ``EUR/MWh``."""
    issued: int
    """Seconds since the epoch."""
    points: Sequence[Point]
    resolution: int | None = None
    """Seconds a value holds where this answer tells it; None: as the provider is known."""
    notes: tuple[str, ...] = ()
    """What the answer lacks, one line each: ``no forecast in this plan``."""


class Provider(Protocol):
    """One signal of one zone from outside."""

    about: About

    def fetch(self, web: Web, since: int, now: int) -> Offer:
        """What it tells at ``now``: the future, and as much of the past from ``since`` as it can.

        Raises ``ProviderError`` or ``SeriesError``; may wait.
        """
