"""What a cluster may draw over time, and what its machines draw. Watts; times as everywhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from slurm_energy.model.contract import WorkloadClass


class Origin(StrEnum):
    """Where a grid event came from."""

    FILE = "file"
    WEBHOOK = "webhook"
    SCHEDULE = "schedule"


@dataclass(frozen=True, slots=True)
class GridEvent:
    """For a while the cluster may draw no more than so much: the grid operator asked."""

    start: int
    end: int
    watts: float
    reason: str
    origin: Origin = Origin.FILE
    holds: bool = True
    """Whether no flexible job starts meanwhile; else what runs shares the watts."""


@dataclass(frozen=True, slots=True)
class GridEvents:
    """What one source knows now: its events by their start, and what is wrong, one line each."""

    events: tuple[GridEvent, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PostedEvent:
    """A grid event that was posted to us, under the name by which it is taken back."""

    name: str
    cluster: str
    event: GridEvent


@dataclass(frozen=True, slots=True)
class PowerLimit:
    """One cluster's power limit as it is known now. Nothing set: nothing limits, nothing costs."""

    contract: float | None = None
    """Most watts that may be drawn at any time; None: no such limit."""
    demand_charge: float | None = None
    """Price of a kW of the month's highest draw, in the currency of energy prices."""
    usual_peak: float | None = None
    """Watts that every month's highest draw reaches anyway; None: nobody said."""
    base: float | None = None
    """Watts drawn with every GPU idle, hosts and network; None: the GPUs' own idle power."""
    peak: float | None = None
    """Highest draw of this month so far; None: not known."""
    last_peak: float | None = None
    """Highest draw of the last month that is known; None: none is."""
    events: tuple[GridEvent, ...] = ()
    problems: tuple[str, ...] = ()
    """What is wrong with its sources, one line each."""

    def at(self, time: int) -> float | None:
        """Watts that may be drawn at ``time``: the lowest of contract and events; None: any."""
        bounds = [event.watts for event in self.events if event.start <= time < event.end]
        return min(bounds if self.contract is None else [*bounds, self.contract], default=None)

    def binding(self, time: int) -> GridEvent | None:
        """The event whose watts hold at ``time``; None where the contract or nothing does."""
        most = self.at(time)
        found = (event for event in self.events if event.start <= time < event.end)
        return min((e for e in found if e.watts == most), key=_by_start, default=None)

    def holding_between(self, start: int, end: int) -> GridEvent | None:
        """The tightest event that holds jobs at some moment of ``[start, end)``, or None."""
        found = [event for event in self.holding if event.start < end and event.end > start]
        return min(found, key=lambda event: (event.watts, event.start), default=None)

    def clear_from(self, time: int) -> int:
        """The first moment from ``time`` on at which no event holds jobs."""
        for event in self.holding:
            if event.start <= time < event.end:
                time = event.end
        return time

    @property
    def holding(self) -> Sequence[GridEvent]:
        """The events that hold jobs, by their start."""
        return sorted((event for event in self.events if event.holds), key=_by_start)


def _by_start(event: GridEvent) -> int:
    return event.start


@dataclass(frozen=True, slots=True)
class GpuPower:
    """One GPU of a type."""

    idle: float
    """Watts without work."""
    active: float
    """Watts at full load; the board's limit where nobody measured."""


@dataclass(frozen=True, slots=True)
class PowerModel:
    """What is known of the machines' draw, by GPU type in Slurm's words, lower case."""

    gpus: Mapping[str, GpuPower] = field(default_factory=dict)
    shares: Mapping[WorkloadClass, float] = field(default_factory=dict)
    """Mean draw of a class's jobs, as a share of ``active``."""
    cpu: float = 0.0
    """Watts of an allocated CPU, in Slurm's sense, above idle."""
    untyped: Mapping[str, str] = field(default_factory=dict)
    """By cluster, the type of GPUs whose GRES names none."""
    speeds: Mapping[str, float] = field(default_factory=dict)
    """How fast a type is, relative to the others named here; of the rest it is learned."""


@dataclass(frozen=True, slots=True)
class Peak:
    """The highest draw of a calendar month (UTC) so far."""

    month: int
    """Months since year 0: ``12 * year + month - 1``."""
    watts: float
    before: float | None = None
    """Highest draw of the month before, or of the last one that is known."""
