"""What is likely to come: the mean arrivals of the last days, by kind of job.

Tomorrow's clean hour is wanted by jobs that nobody has submitted yet. Who plans as if nobody came
finds every later hour empty, and puts off too much. Each kind counts by ``exp(-age / WINDOW)``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import exp, log2
from typing import NamedTuple

from slurm_energy.decide.price import Values
from slurm_energy.model.contract import Sensitivity, WorkloadClass

WINDOW = 7 * 86_400
LEAST = 6 * 3600
"""Seconds that must have been watched before a rate is taken from them."""


class Kind(NamedTuple):
    """Jobs that plan alike."""

    workload_class: WorkloadClass
    sensitivity: Sensitivity
    stoppable: bool
    wait: int
    """Slots it may wait, rounded to a power of two."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """One job that came."""

    kind: Kind
    units: float
    alive: Values
    """Shape (slots,): its distribution of run times."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One kind's past, each job weighed by its age."""

    units: float
    alive: Values
    """Sum of units times ``alive``, shape (slots,)."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """All kinds' past, as seen at ``at``; nothing was watched before ``since``."""

    since: int
    at: int
    streams: Mapping[Kind, Stream] = field(default_factory=dict)

    def seen(self, newcomers: Iterable[Newcomer], now: int) -> "Arrivals":
        """The same at ``now``, with who came meanwhile."""
        fade = exp(-max(0, now - self.at) / WINDOW)
        streams = {
            kind: Stream(one.units * fade, one.alive * fade) for kind, one in self.streams.items()
        }
        for one in newcomers:
            known = streams.get(one.kind)
            alive = one.units * one.alive
            streams[one.kind] = (
                Stream(one.units, alive)
                if known is None
                else Stream(known.units + one.units, known.alive + alive)
            )
        return Arrivals(self.since, now, streams)

    def rates(self) -> Mapping[Kind, tuple[float, Values]]:
        """By kind: units that come in a second, and the mean distribution of their run times."""
        watched = self.at - self.since
        if watched < LEAST:
            return {}
        weight = WINDOW * (1 - exp(-watched / WINDOW))
        return {
            kind: (one.units / weight, one.alive / one.units)
            for kind, one in sorted(self.streams.items())
            if one.units > 0
        }


def rounded(slots: int) -> int:
    """A power of two near ``slots``, so that kinds stay few."""
    return 1 << max(0, round(log2(max(1, slots))))
