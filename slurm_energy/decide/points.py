"""SiteFactor for every job of a cluster: rows of the score table, then the kernel."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from slurm_energy.decide.guard import Subject
from slurm_energy.decide.price import Curve
from slurm_energy.decide.regret import regret
from slurm_energy.decide.score import score
from slurm_energy.decide.score_table import INT32_MAX, ScoreTable
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
) -> NDArray[np.int32]:
    """SiteFactor points by row, shape (jobs,): 0 with ample slack, at most the band."""
    rows = sorted({_row(subject) for subject in subjects})
    if not rows:
        return np.zeros(0, dtype=np.int32)
    index = {row: number for number, row in enumerate(rows)}
    return score(
        slack,
        np.array([s.annotation.contract.urgency for s in subjects], dtype=np.uint8),
        np.array([index[_row(s)] for s in subjects], dtype=np.uint16),
        _table(rows, queue, curves, policy),
    )


Row = tuple[str, WorkloadClass, Sensitivity]


def _row(subject: Subject) -> Row:
    contract = subject.annotation.contract
    return curve_cluster(subject.job), contract.workload_class, contract.sensitivity


def _table(
    rows: Sequence[Row], queue: Queue, curves: CurvesByCluster, policy: Policy
) -> ScoreTable:
    """One row per cluster, class and sensitivity in the queue."""
    slots = policy.horizon // policy.slot
    band = _band(queue, policy)
    kinds = [policy.classes[workload_class] for _, workload_class, _ in rows]
    energy = [
        kind.energy
        * np.minimum(
            1.0,
            policy.sensitivity[sensitivity]
            * regret(curves.get(cluster, {}).get(workload_class), slots),
        )
        for kind, (cluster, workload_class, sensitivity) in zip(kinds, rows, strict=True)
    ]
    return ScoreTable(
        band=np.full(len(rows), band, dtype=np.int32),
        horizon=np.array([np.inf if kind.ramp is None else kind.ramp for kind in kinds]),
        urgency_weight=np.array([kind.urgency for kind in kinds]),
        energy=np.array(energy),
        slot_seconds=policy.slot,
        quantum=max(1, round(band / policy.levels)),
    )


def _band(queue: Queue, policy: Policy) -> int:
    """Most points a boost may have: some hours of age, and never more than half of what age gives.

    Age stops at PriorityMaxAge: a boost beyond all of it could not be overtaken by waiting.
    """
    hours = policy.band_hours * (queue.age_points_per_hour or 0.0)
    most = INT32_MAX if queue.age_points_most is None else queue.age_points_most / 2
    return round(min(hours, most))
