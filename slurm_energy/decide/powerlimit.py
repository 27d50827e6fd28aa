"""The contract's limit, kept: what does not fit under it now waits, a slot at a time.

Slurm counts GPUs and knows no watts, so a job that may start will. Whoever may be put off and does
not fit is given a begin time about a slot ahead, and the next turn looks again: when a run ends it
is let go at once, and if we die it is a slot late. The promise stands above the limit, as it does
above a grid event, and so does whoever may never be put off: their watts come first.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from slurm_energy.decide.guard import Subject, wants_to_start
from slurm_energy.decide.powernow import PowerNow
from slurm_energy.decide.price import Values
from slurm_energy.decide.promise import Promise
from slurm_energy.decide.watts import at_once
from slurm_energy.model.decision import Reason
from slurm_energy.model.job import Job, Queue


class Bar(NamedTuple):
    """The first moment at which power lets a job start, and why not before."""

    begin: int
    reason: Reason


def over_limit(
    queue: Queue,
    subjects: Sequence[Subject],
    promises: Sequence[Promise],
    rows: Sequence[int],
    power: PowerNow,
    now: int,
    slot: int,
) -> Mapping[int, Bar]:
    """Those of ``rows``, all of which may be put off, that do not fit under the limit now.

    Who must start soonest is asked first. Where no GPU is free nobody is barred: what can't start
    draws nothing, and Slurm's queue has it. A job that would not fit if it ran alone is not barred
    either, since waiting does not help it; an array of which a part would fit waits for all of it.
    """
    room = power.room(queue)
    if room is None or not rows:
        return {}
    waiting = [row for row in rows if subjects[row].begin_floor <= now]
    waiting.sort(key=lambda row: (promises[row].latest_start or 0, subjects[row].job.job_id))
    may_wait = {subjects[row].job.job_id for row in rows}
    first = [job for job in queue.jobs if job.job_id not in may_wait and wants_to_start(job, now)]
    jobs = [*first, *(subjects[row].job for row in waiting)]
    kinds = {one.job.job_id: one.annotation.contract.workload_class for one in subjects}
    watts = power.starting(jobs, kinds)
    alone = power.alone(queue)
    watts = np.where(watts > alone, 0.0, watts)
    barred = list(_barred(jobs, watts, room, alone, _free_gpus(queue)))[len(first) :]
    end = _look_again(now, slot, power.ahead)
    begins = [min(end, promises[row].latest_start or now) for row in waiting]
    return {
        row: Bar(begin, Reason.POWER_LIMIT)
        for row, begin, no in zip(waiting, begins, barred, strict=True)
        if no and begin > now
    }


def _barred(
    jobs: Sequence[Job], watts: Values, room: float, alone: float, gpus: float
) -> Iterator[bool]:
    """In order, who does not fit beside those before; who finds no GPUs draws nothing."""
    for job, each in zip(jobs, watts.tolist(), strict=True):
        tasks = float(at_once(job))
        if job.gpus:
            tasks = min(tasks, gpus // job.gpus)
        drawn = min(tasks * each, alone)
        yield drawn > max(room, 0.0)
        if drawn <= room:
            room, gpus = room - drawn, gpus - tasks * job.gpus


def _free_gpus(queue: Queue) -> float:
    return float(queue.gpus_idle) if queue.gpus_total else np.inf


def _look_again(now: int, slot: int, ahead: int) -> int:
    """The next slot's begin that lies behind the next turn."""
    soon = now + 2 * ahead
    return soon - soon % slot + slot
