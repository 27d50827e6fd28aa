"""Who makes room for jobs that must start now: running ones with most time left.

A pending job at its latest start has no choice left; a running job that can wait has. Without this
the promise of one would hang on the patience of the other. One that has little time left would soon
need room in turn, and each turn is a stop.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from slurm_energy.decide.columns.coded import ACTION
from slurm_energy.decide.market.shares import units_of
from slurm_energy.decide.market.stage import Answer, Stage
from slurm_energy.decide.plan import Plan
from slurm_energy.decide.rules.guard import Subject
from slurm_energy.decide.rules.promises import UNBOUNDED
from slurm_energy.model.decision import Action
from slurm_energy.model.job import Job, JobKey


class Occupant(NamedTuple):
    """A running job that may be stopped."""

    latest: int
    """Its latest start, in seconds since the epoch, with the work done so far."""
    key: JobKey
    units: float


def making_room(
    stage: Stage, plan: Plan, running: Sequence[Subject], answers: Sequence[Answer | None]
) -> set[JobKey]:
    """Running jobs that give way to pending ones whose latest start comes within a slot.

    ``answers`` are those of ``running``.
    """
    urgent = _urgent(plan) if running else []
    if not urgent:
        return set()
    jobs, known = [one.job for one in running], stage.capacity
    latest, takes = stage.applicants.latest[-len(running) :].tolist(), units_of(jobs, known)
    occupants = [
        Occupant(until, one.key, units)
        for one, until, answer, units in zip(running, latest, answers, takes, strict=True)
        if answer is not None
    ]
    busy = [job for job in (*stage.others, *jobs) if job.start_time]
    free = 1.0 - float(units_of(busy, known).sum())
    return displaced(float(units_of(urgent, known).sum()), free, occupants)


def displaced(needed: float, free: float, occupants: Sequence[Occupant]) -> set[JobKey]:
    """The jobs to stop so that ``needed`` units fit beside what runs on; none if they fit now."""
    chosen: set[JobKey] = set()
    for one in sorted(occupants, key=lambda one: (-one.latest, one.key)):
        if free >= needed:
            break
        chosen.add(one.key)
        free += one.units
    return chosen


def _urgent(plan: Plan) -> list[Job]:
    """Pending jobs that go now and could hardly go later."""
    latest = plan.promises.latest
    near = (latest != UNBOUNDED) & (latest < plan.now + plan.policy.slot)
    goes = plan.actions.codes == ACTION[Action.RUN]
    return [plan.subjects[row].job for row in np.flatnonzero(goes & near).tolist()]
