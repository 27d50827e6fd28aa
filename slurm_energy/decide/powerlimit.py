"""The contract's limit, kept: who would start now and does not fit under it waits, slot by slot.

Slurm counts GPUs and knows no watts, so a job that may start will. Whoever may be put off and does
not fit is given a begin time about a slot ahead, and the next turn looks again: when a run ends it
is let go at once, and if we die it is a slot late. The promise stands above the limit, as it does
above a grid event, and so does whoever may never be put off: their watts come first.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from slurm_energy.decide.columns.coded import ACTION, NONE, REASONS
from slurm_energy.decide.columns.rows import Mask
from slurm_energy.decide.draft import Draft
from slurm_energy.decide.power.watts import at_once
from slurm_energy.decide.pricing.price import Values
from slurm_energy.decide.rules.gridevent import ABOVE_EVENTS
from slurm_energy.decide.rules.guard import wants_to_start
from slurm_energy.decide.sorting import undeferrables
from slurm_energy.model.decision import Action, Reason
from slurm_energy.model.job import Job, Queue

_NOT_ABOVE = np.array([reason not in ABOVE_EVENTS for reason in REASONS])


def keep_limit(draft: Draft) -> None:
    """Bar those who would start now, may be put off, and do not fit under the contract.

    Who must start soonest is asked first. Where no GPU is free nobody is barred: what can't start
    draws nothing, and Slurm's queue has it. A job that would not fit if it ran alone is not barred
    either, since waiting does not help it; an array of which a part would fit waits for all of it.
    """
    case = draft.case
    queue, power = case.queue, case.power
    room = power.room(queue)
    rows = [] if room is None else _starting(draft)
    if room is None or not rows:
        return
    first = _before_them(draft, rows)
    jobs = [*first, *(case.subjects[row].job for row in rows)]
    kinds = {one.job.job_id: one.annotation.contract.workload_class for one in case.subjects}
    watts, alone = power.starting(jobs, kinds), power.alone(queue)
    watts = np.where(watts > alone, 0.0, watts)
    barred = list(_barred(jobs, watts, room, alone, _free_gpus(queue)))[len(first) :]
    put_off = np.array([row for row, no in zip(rows, barred, strict=True) if no], dtype=np.int64)
    again = np.minimum(_look_again(draft), case.promises.latest[put_off])
    draft.defer(put_off, again, Reason.POWER_LIMIT)
    draft.spread(put_off)


def _starting(draft: Draft) -> Sequence[int]:
    """Rows that may be put off and start now as the draft stands, by latest start."""
    case = draft.case
    free = (case.rows.untouchable == NONE) & (undeferrables(case) == NONE)
    rows = np.flatnonzero(free & _NOT_ABOVE[draft.reasons] & _starts(draft))
    order = np.lexsort((case.rows.job_id[rows], case.promises.latest[rows]))
    return list(rows[order].tolist())


def _starts(draft: Draft) -> Mask:
    """By row, whether it runs, or is left with no begin time, or with one that a bar gave it."""
    rows, now = draft.case.rows, draft.case.now
    soon = _look_again(draft) + draft.case.policy.slot
    runs = draft.actions == ACTION[Action.RUN]
    left = (draft.actions == ACTION[Action.LEAVE]) & (np.maximum(now, rows.eligible) < soon)
    return np.asarray((rows.floor <= now) & (runs | left))


def _before_them(draft: Draft, rows: Sequence[int]) -> Sequence[Job]:
    """Jobs that start whatever we do: neither ``rows`` nor any that the draft puts off."""
    case = draft.case
    deferred = draft.put_off(np.arange(len(case.subjects)))
    waiting = set(case.rows.job_id[deferred].tolist())
    waiting |= {case.subjects[row].job.job_id for row in rows}
    return [
        job
        for job in case.queue.jobs
        if job.job_id not in waiting and wants_to_start(job, case.now)
    ]


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


def _look_again(draft: Draft) -> int:
    """The next slot's begin that lies behind the next turn."""
    soon, slot = draft.case.now + 2 * draft.case.power.ahead, draft.case.policy.slot
    return soon - soon % slot + slot
