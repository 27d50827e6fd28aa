"""The columns of one market: a row per applicant, a curve per line, slots from the prices' start.

Those that run in one piece (``block``) and those that may stop (``course``) are told apart here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slurm_energy.decide.guard import stoppable
from slurm_energy.decide.points import curve_cluster
from slurm_energy.decide.price import Values
from slurm_energy.decide.prices import Index, Prices, side_by_side
from slurm_energy.decide.shapes import slots_until
from slurm_energy.decide.shares import units_of
from slurm_energy.decide.stage import Line, Stage

HALF = 0.5
"""Share of its expected work that must lie on the known signals, for a start to be considered."""


@dataclass(frozen=True, slots=True)
class Floor:
    """The columns of one market; shapes are (applicants,) where nothing else is said."""

    stage: Stage
    lines: Sequence[Line]
    """Those with a signal, in order: curves of ``prices``."""
    prices: Prices
    curve: Index
    """Which line's prices it pays; -1: no signal tells them."""
    shape: Index
    earliest: Index
    """Seconds since the epoch."""
    first: Index
    """First slot it may start in."""
    last: Index
    """Last slot it may start in, as far as its latest start and the signals reach."""
    units: Values
    """What it takes of this cluster; 0 elsewhere."""
    block: Index
    """Rows that run in one piece; neither these nor ``course`` where the signals end too early."""
    course: Index
    """Rows that may stop."""

    @property
    def here(self) -> NDArray[np.bool_]:
        """Which lines are this cluster's; shape (lines,)."""
        return np.array([cluster == self.stage.cluster for cluster, _, _ in self.lines])


def floor_of(stage: Stage, lines: Sequence[Line]) -> Floor:
    """The columns of ``stage``."""
    prices, applicants = _prices(stage, lines), stage.applicants
    index = {line: number for number, line in enumerate(lines)}
    curve = np.array([index.get(one.line, -1) for one in applicants], dtype=np.int64)
    shape = stage.shapes.row[: len(applicants)]
    earliest = np.array([one.earliest for one in applicants], dtype=np.int64)
    first = np.maximum(0, (earliest - prices.start) // prices.slot)
    known = np.where(curve >= 0, prices.known[curve], 0)
    known = known - slots_until(stage.shapes.alive, HALF)[shape]
    dark = (curve < 0) | (first > known)
    resumable = np.array(
        [stoppable(one.subject, stage.policy) for one in applicants], dtype=np.bool_
    )
    return Floor(
        stage,
        lines,
        prices,
        curve,
        shape,
        earliest,
        first,
        last=np.minimum(_last(stage, prices), known),
        units=_units(stage),
        block=np.flatnonzero(~dark & ~resumable),
        course=np.flatnonzero(~dark & resumable),
    )


def _prices(stage: Stage, lines: Sequence[Line]) -> Prices:
    policy = stage.policy
    return side_by_side(
        [some for line in lines if (some := stage.curve(line))],
        [policy.sensitivity[sensitivity] for _, _, sensitivity in lines],
        2 * (policy.horizon // policy.slot) + 1,
    )


def _last(stage: Stage, prices: Prices) -> Index:
    """The last slot that its latest start and the horizon leave to each."""
    latest = np.array([one.latest for one in stage.applicants], dtype=np.int64)
    horizon = stage.policy.horizon // prices.slot
    return np.asarray(np.minimum((latest - prices.start) // prices.slot, horizon), dtype=np.int64)


def _units(stage: Stage) -> Values:
    """What each takes of this cluster: nothing where it is priced on another."""
    jobs = [one.subject.job for one in stage.applicants]
    takes = units_of(jobs, stage.capacity, stage.drawn(slice(len(jobs))))
    here = np.array([curve_cluster(job) == stage.cluster for job in jobs])
    return np.where(here, takes, 0.0) if len(takes) else takes
