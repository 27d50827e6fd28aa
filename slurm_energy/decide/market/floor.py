"""The columns of one market: a row per applicant, a curve per line, slots from the prices' start.

Those that run in one piece (``block``) and those that may stop (``course``) are told apart here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slurm_energy.decide.durations.shapes import slots_until
from slurm_energy.decide.market.shares import shares_of
from slurm_energy.decide.market.stage import Stage
from slurm_energy.decide.power.capacity import Sizes
from slurm_energy.decide.pricing.price import Line, Values
from slurm_energy.decide.pricing.prices import Index, Prices, side_by_side

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
    curve = applicants.by_line([index.get(line, -1) for line in applicants.lines])
    shape = stage.shapes.row[: len(applicants)]
    earliest = applicants.earliest
    first = np.maximum(0, (earliest - prices.start) // prices.slot)
    known = np.where(curve >= 0, prices.known[curve], 0)
    known = known - slots_until(stage.shapes.alive, HALF)[shape]
    dark = (curve < 0) | (first > known)
    resumable = _resumable(stage)
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


def _resumable(stage: Stage) -> NDArray[np.bool_]:
    """Who may stop: the column of :func:`~..rules.guard.stoppable`."""
    applicants, classes = stage.applicants, stage.policy.classes
    allowed = applicants.by_line([classes[name].stop for _, name, _ in applicants.lines])
    return applicants.rows.interruptible & (allowed > 0)


def _last(stage: Stage, prices: Prices) -> Index:
    """The last slot that its latest start and the horizon leave to each."""
    latest = stage.applicants.latest
    horizon = stage.policy.horizon // prices.slot
    return np.asarray(np.minimum((latest - prices.start) // prices.slot, horizon), dtype=np.int64)


def _units(stage: Stage) -> Values:
    """What each takes of this cluster: nothing where it is priced on another."""
    applicants = stage.applicants
    asked = applicants.rows
    sizes = Sizes(asked.gpus, asked.cpus, asked.memory, asked.tasks, asked.at_once)
    takes = shares_of(sizes, stage.capacity, stage.drawn(slice(len(applicants))))
    here = applicants.by_line([cluster == stage.cluster for cluster, _, _ in applicants.lines])
    return np.where(here > 0, takes, 0.0)
