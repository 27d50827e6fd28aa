"""What goes into one cluster's market and what comes out: :class:`Stage` and :class:`Answer`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from slurm_energy.decide.durations.shapes import Shapes
from slurm_energy.decide.power.capacity import Capacity
from slurm_energy.decide.power.peak import Draw
from slurm_energy.decide.pricing.price import Curve, Line, Values
from slurm_energy.decide.rules.guard import Subject
from slurm_energy.decide.scoring.points import CurvesByCluster, curve_cluster
from slurm_energy.model.decision import Reason
from slurm_energy.model.job import Job, JobState
from slurm_energy.model.policy import Policy

if TYPE_CHECKING:
    from slurm_energy.decide.market.applicants import Applicants


@dataclass(frozen=True, slots=True)
class Applicant:
    """A job that may choose: pending, or running and stoppable; all times since the epoch."""

    subject: Subject
    earliest: int
    latest: int
    kept: int
    """The begin time that it has from us already; 0: none."""

    @property
    def running(self) -> bool:
        """Whether it has its share of the cluster already."""
        return self.subject.job.state is JobState.RUNNING

    @property
    def line(self) -> Line:
        """Whose prices it pays."""
        contract = self.subject.annotation.contract
        return curve_cluster(self.subject.job), contract.workload_class, contract.sensitivity


@dataclass(frozen=True, slots=True)
class Answer:
    """What one job would do. Prices are means over its run, in standard deviations."""

    begin: int
    """When it goes; its earliest: now, as far as the market is concerned."""
    at_once: float
    chosen: float
    later: float
    """By how much the best later course is dearer than going at once, for the whole run."""
    waiting: float
    """The same in the mean over the run: the price of waiting one more cycle."""
    congestion: float
    """The surcharge in the slot in which it goes."""
    median: int
    """Seconds by which half of such runs have ended."""
    long: int
    """Seconds by which nine in ten have ended."""
    learned_from: str
    samples: int
    alive: Values = field(compare=False)
    """Shape (slots,): the distribution of its run times."""
    raises: float = 0.0
    """W by which it would raise the month's peak if it went at once."""
    power: Reason | None = None
    """Why power moved its begin; None: it did not."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What is given before anybody answers: shapes are those of ``applicants``, then ``others``."""

    cluster: str
    now: int
    applicants: "Applicants"
    others: Sequence[Job]
    """Jobs that take what they take: running ones, and pending ones that do not choose."""
    shapes: Shapes
    curves: CurvesByCluster
    capacity: Capacity
    policy: Policy
    watts: Values | None = None
    """What each of them adds to the cluster's draw, as ``shapes`` has them; None: not limited."""
    draw: Draw | None = None
    """What bounds the draw, or makes it dear; None: nothing does."""

    def drawn(self, rows: slice | Sequence[int]) -> Values | None:
        """Watts of these of them."""
        return None if self.watts is None else self.watts[rows]

    def curve(self, line: Line) -> Curve | None:
        """The prices of a line; None where no signal tells them."""
        curve = self.curves.get(line[0], {}).get(line[1])
        return curve if curve is not None and len(curve.values) else None

    def delays(self, lines: Sequence[Line]) -> Values:
        """By line, the price of waiting a slot, in slots of run time at one standard deviation."""
        return np.array([self.policy.classes[name].delay for _, name, _ in lines], dtype=np.float64)
