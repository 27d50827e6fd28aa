"""What is likely to come: the mean arrivals of the last days, by kind of job.

Tomorrow's clean hour is wanted by jobs that nobody has submitted yet. Who plans as if nobody came
finds every later hour empty, and puts off too much. Each kind counts by ``exp(-age / WINDOW)``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import exp, log2
from typing import NamedTuple

import numpy as np

from slurm_energy.decide.pricing.price import Values
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
    """Slots it may wait, rounded to a power of two: what tells kinds apart, not what is planned."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """One job that came."""

    kind: Kind
    units: float
    wait: int
    """Slots it may wait."""
    alive: Values
    """Shape (slots,): its distribution of run times."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One kind's past, each job weighed by its age."""

    units: float
    wait: float
    """Sum of units times the slots they may wait."""
    alive: Values
    """Sum of units times ``alive``, shape (slots,)."""

    def faded(self, share: float) -> "Stream":
        """The same, each job counting less."""
        return Stream(self.units * share, self.wait * share, self.alive * share)

    def joined(self, one: Newcomer) -> "Stream":
        """With one job more."""
        return Stream(
            self.units + one.units,
            self.wait + one.units * one.wait,
            self.alive + one.units * one.alive,
        )


@dataclass(frozen=True, slots=True)
class Rate:
    """How one kind of job comes, on the average."""

    units: float
    """In a second."""
    wait: int
    """Slots that a job may wait."""
    alive: Values
    """Shape (slots,): the distribution of its run time."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """All kinds' past, as seen at ``at``; nothing was watched before ``since``."""

    since: int
    at: int
    streams: Mapping[Kind, Stream] = field(default_factory=dict)

    def seen(self, newcomers: Iterable[Newcomer], now: int) -> "Arrivals":
        """The same at ``now``, with who came meanwhile."""
        fade = exp(-max(0, now - self.at) / WINDOW)
        streams = {kind: one.faded(fade) for kind, one in self.streams.items()}
        for one in newcomers:
            known = streams.get(one.kind) or Stream(0.0, 0.0, np.zeros_like(one.alive))
            streams[one.kind] = known.joined(one)
        return Arrivals(self.since, now, streams)

    def rates(self) -> Mapping[Kind, Rate]:
        """What comes of each kind; nothing while too little was watched."""
        watched = self.at - self.since
        if watched < LEAST:
            return {}
        weight = WINDOW * (1 - exp(-watched / WINDOW))
        return {
            kind: Rate(one.units / weight, round(one.wait / one.units), one.alive / one.units)
            for kind, one in sorted(self.streams.items())
            if one.units > 0
        }


def rounded(slots: int) -> int:
    """A power of two near ``slots``, so that kinds stay few."""
    return 1 << max(0, round(log2(max(1, slots))))
