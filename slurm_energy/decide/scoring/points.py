"""SiteFactor for every job of a cluster: rows of the score table, then the kernel.

The energy part of a score is the price of waiting one more cycle: by how much the best course from
the next slot on is dearer than going now. For a job that asked the market it is known for the job
itself, with its run time and its latest start; for the others, as far as a class's curve tells.
It is a mean over the run, so a price per GPU-hour: where two jobs want the same GPUs, putting off
the one with the smaller mean costs less in all, however long each runs.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slurm_energy.decide.pricing.price import Curve, Values
from slurm_energy.decide.rules.guard import Subject
from slurm_energy.decide.scoring.regret import FULL_REGRET, regret
from slurm_energy.decide.scoring.score import score
from slurm_energy.decide.scoring.score_table import INT32_MAX, ScoreTable
from slurm_energy.model.contract import Sensitivity, WorkloadClass
from slurm_energy.model.job import Job, Queue
from slurm_energy.model.policy import Policy

CurvesByCluster = Mapping[str, Mapping[WorkloadClass, Curve | None]]


def curve_cluster(job: Job) -> str:
    """The cluster whose energy a job is priced on: where it was narrowed to, else its own."""
    return job.siblings[0] if len(job.siblings) == 1 else job.cluster


def points(
    subjects: Sequence[Subject],
    slack: NDArray[np.int32],
    queue: Queue,
    curves: CurvesByCluster,
    policy: Policy,
    waiting: Values | None = None,
) -> NDArray[np.int32]:
    """SiteFactor points by row, shape (jobs,): 0 with ample slack, at most the band.

    ``waiting``, shape (jobs,): by how much the best later course is dearer than going now, in
    standard deviations over the run; infinite where there is none, NaN where nobody asked.
    """
    found = list(map(_line, subjects))
    lines = sorted(set(found))
    index = {line: number for number, line in enumerate(lines)}
    lined = Lined(
        np.array([index[line] for line in found], dtype=np.int64),
        lines,
        np.array([s.annotation.contract.urgency for s in subjects], dtype=np.int64),
    )
    return points_of(lined, slack, queue, curves, policy, waiting)


class Lined(NamedTuple):
    """What of a job counts for its score, as columns: shapes are (jobs,)."""

    line: NDArray[np.int64]
    """Row of ``lines``."""
    lines: Sequence[tuple[str, WorkloadClass, Sensitivity]]
    urgency: NDArray[np.int64]


def points_of(
    lined: Lined,
    slack: NDArray[np.int32],
    queue: Queue,
    curves: CurvesByCluster,
    policy: Policy,
    waiting: Values | None = None,
) -> NDArray[np.int32]:
    """The same as :func:`points`, of columns."""
    if not len(slack):
        return np.zeros(0, dtype=np.int32)
    # A number for each pair of line and level; BY_CURVE, the least level, is -1.
    steps = policy.levels + 2
    pairs = lined.line * steps + levels_of(slack, waiting, policy.levels) - BY_CURVE
    present = np.bincount(pairs) > 0
    kinds = [divmod(pair, steps) for pair in np.flatnonzero(present).tolist()]
    rows = [(*lined.lines[line], level + BY_CURVE) for line, level in kinds]
    return score(
        slack,
        lined.urgency.astype(np.uint8),
        (np.cumsum(present) - 1)[pairs].astype(np.uint16),
        table_of(rows, queue, curves, policy),
    )


Row = tuple[str, WorkloadClass, Sensitivity, int]
"""Cluster, class, sensitivity, and the step of its own price of waiting, or ``BY_CURVE``."""

BY_CURVE = -1


def _line(subject: Subject) -> tuple[str, WorkloadClass, Sensitivity]:
    contract = subject.annotation.contract
    return curve_cluster(subject.job), contract.workload_class, contract.sensitivity


def levels_of(slack: NDArray[np.int32], waiting: Values | None, levels: int) -> NDArray[np.int64]:
    """The price of waiting in whole steps; a job at its latest start has no later course."""
    if waiting is None:
        return np.full(len(slack), BY_CURVE)
    steps = np.floor(np.clip(waiting / FULL_REGRET, 0.0, 1.0) * levels)
    known = np.where(np.isnan(waiting), BY_CURVE, steps)
    return np.where(slack <= 0, levels, known).astype(np.int64)


def table_of(
    rows: Sequence[Row], queue: Queue, curves: CurvesByCluster, policy: Policy
) -> ScoreTable:
    """One row per cluster, class, sensitivity and price of waiting in the queue."""
    slots = policy.horizon // policy.slot
    band = _band(queue, policy)
    kinds = [policy.classes[workload_class] for _, workload_class, _, _ in rows]
    energy = np.empty((len(rows), slots))
    for number, (kind, row) in enumerate(zip(kinds, rows, strict=True)):
        energy[number] = kind.energy * regret_of(row, curves, policy, slots)
    return ScoreTable(
        band=np.full(len(rows), band, dtype=np.int32),
        horizon=np.array([np.inf if kind.ramp is None else kind.ramp for kind in kinds]),
        urgency_weight=np.array([kind.urgency for kind in kinds]),
        energy=energy,
        slot_seconds=policy.slot,
        quantum=max(1, round(band / policy.levels)),
    )


def regret_of(row: Row, curves: CurvesByCluster, policy: Policy, slots: int) -> Values | float:
    """How much waiting is regretted by slots of slack left, 0-1."""
    cluster, workload_class, sensitivity, level = row
    if level != BY_CURVE:
        return level / policy.levels
    found = regret(curves.get(cluster, {}).get(workload_class), slots)
    return np.minimum(1.0, policy.sensitivity[sensitivity] * found)


def _band(queue: Queue, policy: Policy) -> int:
    """Most points a boost may have: some hours of age, and never more than half of what age gives.

    Age stops at PriorityMaxAge: a boost beyond all of it could not be overtaken by waiting.
    """
    hours = policy.band_hours * (queue.age_points_per_hour or 0.0)
    most = INT32_MAX if queue.age_points_most is None else queue.age_points_most / 2
    return round(min(hours, most))
