"""Thresholds such as "evaluation waits above 400 g/kWh while fewer than 64 GPUs are wanted ahead".

A clause of the price curve, not a second mechanism: slots above the threshold become so dear that
a job keeps its run out of them as far as its promise permits. Where it can't, it runs as little as
possible in them, and the rest of the price still chooses.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from slurm_energy.decide.pricing.price import Curve, Values
from slurm_energy.decide.rules.guard import Subject, wants_to_start
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.job import Queue
from slurm_energy.model.policy import Threshold
from slurm_energy.model.series import Signal

WORTH = 50.0
"""Standard deviations of mean price that one slot above the threshold outweighs, whatever the
length of the run: more than a sensible price on delay comes to over the whole horizon."""

_NAMES = {Signal.CARBON: "carbon", Signal.PRICE: "price"}


def gpus_ahead(queue: Queue, subjects: Sequence[Subject]) -> Mapping[WorkloadClass, int]:
    """GPUs that eligible jobs want and may get before a class that gives way; by class.

    All eligible pending jobs of the cluster count, ours or not, but those of the class itself:
    peers that arrive together would otherwise talk each other out of waiting.
    """
    own = dict.fromkeys(WorkloadClass, 0)
    wanted = 0
    classes = {s.job.job_id: s.annotation.contract.workload_class for s in subjects}
    for job in queue.jobs:
        if wants_to_start(job, queue.read_at):
            gpus = job.gpus * max(1, job.array_task_count)
            wanted += gpus
            if job.job_id in classes:
                own[classes[job.job_id]] += gpus
    return {workload_class: wanted - mine for workload_class, mine in own.items()}


def thresholded(
    curves: Mapping[WorkloadClass, Curve | None],
    thresholds: Sequence[Threshold],
    ahead: Mapping[WorkloadClass, int],
) -> Mapping[WorkloadClass, Curve | None]:
    """One cluster's curves with every class's thresholds in them."""
    return {
        workload_class: curve
        and with_thresholds(curve, _of(thresholds, workload_class), ahead.get(workload_class, 0))
        for workload_class, curve in curves.items()
    }


def with_thresholds(curve: Curve, clauses: Sequence[Threshold], ahead_gpus: int) -> Curve:
    """``curve`` with a step in the slots that lie above each clause that holds.

    A clause whose signal is not known at all does not hold; where it ends, so does the curve:
    nobody waits for hours of which nothing is known.
    """
    step = _step(curve) if clauses else 0.0
    for clause in clauses:
        known = _signal(curve, clause)
        if known is not None and _holds(clause, ahead_gpus):
            count = min(len(known), len(curve.values))
            above = known[:count] > clause.above
            curve = replace(curve, values=curve.values[:count] + step * above)
    return curve


def threshold_terms(
    curve: Curve | None,
    thresholds: Sequence[Threshold],
    name: WorkloadClass,
    ahead: Mapping[WorkloadClass, int],
) -> Mapping[str, float | int | str | None]:
    """What ``explain`` tells of a class's thresholds: each with its answer now; empty without."""
    clauses = _of(thresholds, name)
    if not clauses:
        return {}
    ahead_gpus = ahead.get(name, 0)
    said = "; ".join(_sentence(clause, curve, ahead_gpus) for clause in clauses)
    return {"threshold": said, "gpus_ahead": ahead_gpus}


def _of(thresholds: Sequence[Threshold], name: WorkloadClass) -> Sequence[Threshold]:
    return [clause for clause in thresholds if clause.workload_class is name]


def _holds(clause: Threshold, ahead_gpus: int) -> bool:
    return clause.ahead_below is None or ahead_gpus < clause.ahead_below


def _signal(curve: Curve, clause: Threshold) -> Values | None:
    return curve.carbon if clause.signal is Signal.CARBON else curve.price


def _step(curve: Curve) -> float:
    """A price that outweighs, in one slot of the longest run, all that other slots could gain."""
    if len(curve.values) == 0:
        return 0.0
    return float(len(curve.values) * (np.ptp(curve.values) + WORTH))


def _sentence(clause: Threshold, curve: Curve | None, ahead_gpus: int) -> str:
    rule = f"waits above {clause.above:g} {clause.signal.value}"
    if clause.ahead_below is not None:
        rule += f" while fewer than {clause.ahead_below} GPUs are wanted ahead"
    known = None if curve is None else _signal(curve, clause)
    if known is None or len(known) == 0:
        return f"{rule}: {_NAMES[clause.signal]} is not known"
    if not _holds(clause, ahead_gpus):
        return f"{rule}: {ahead_gpus} are, so it does not hold"
    side = "above" if known[0] > clause.above else "not above"
    return f"{rule}: now {known[0]:.0f}, {side}"
