"""One cluster's queue as the market sees it: who chooses, and who takes what he takes."""

from operator import attrgetter

import numpy as np

from slurm_energy.decide.columns.kept import taken
from slurm_energy.decide.columns.rows import Index, Rows
from slurm_energy.decide.draft import Case, Draft
from slurm_energy.decide.durations.shapes import RunTimes
from slurm_energy.decide.market.applicants import Applicants
from slurm_energy.decide.market.stage import Stage
from slurm_energy.decide.rules.promises import UNBOUNDED, Promises
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.job import Job


def staged(case: Case, asking: Index, applicants: Applicants, run_times: RunTimes) -> Stage:
    """The market's view of the cluster: who chooses, and who takes what he takes.

    ``asking`` are the rows of the applicants that are pending, who stand before the others.
    """
    queue, policy, now = case.queue, case.policy, case.now
    slots = 2 * (policy.horizon // policy.slot) + 1
    room = case.power.capacity(queue, now, policy.slot, slots)
    draw = case.power.draw(queue)
    others = _others(case, applicants) if room.resources or draw else []
    jobs = [*map(attrgetter("job"), applicants.subjects), *others]
    kinds = _asking_kinds(case, asking)
    resumed = [one.annotation.contract.workload_class for one in applicants.subjects[len(kinds) :]]
    kinds += [*resumed, *_kinds(case, asking, others)]
    shapes = run_times.shapes(jobs, kinds, policy.slot, policy.horizon // policy.slot)
    watts = case.power.added(jobs, kinds)
    return Stage(
        queue.cluster, now, applicants, others, shapes, case.curves, room, policy, watts, draw
    )


def pending(draft: Draft, asking: Index) -> Applicants:
    """Jobs that may be put off."""
    case = draft.case
    everybody = len(asking) == len(case.subjects)
    rows = case.rows if everybody else taken(case.rows, asking)
    latest = case.promises.latest[asking]
    earliest = np.maximum(np.maximum(case.now, rows.floor), draft.floors[asking])
    subjects = case.subjects
    return Applicants(
        subjects if everybody else list(map(subjects.__getitem__, asking.tolist())),
        rows,
        case.lines,
        earliest,
        np.where((latest == UNBOUNDED) | (latest == 0), earliest, latest),
        rows.ours(case.now),
    )


def resuming(case: Case, bounds: Promises, rows: Rows) -> Applicants:
    """Running jobs that may be stopped and resumed."""
    now, latest = np.full(len(bounds), case.now), bounds.latest
    latest = np.where((latest == UNBOUNDED) | (latest == 0), now, latest)
    return Applicants(bounds.subjects, rows, case.lines, now, latest, np.zeros_like(now))


def _others(case: Case, applicants: Applicants) -> list[Job]:
    """Jobs that run, or may start now, and do not choose."""
    census = case.census
    taking = np.flatnonzero(census.running | census.wanting(case.now))
    choosing = np.isin(census.job_id[taking], applicants.rows.job_id)
    return list(map(case.queue.jobs.__getitem__, taking[~choosing].tolist()))


def _asking_kinds(case: Case, asking: Index) -> list[WorkloadClass]:
    """The class of each job that asks."""
    names = np.empty(len(case.lines), dtype=object)
    names[:] = [name for _, name, _ in case.lines]
    return list(names[case.rows.line[asking]].tolist())


def _kinds(case: Case, asking: Index, jobs: list[Job]) -> list[WorkloadClass]:
    """The class of jobs that do not ask; unmanaged where we know nothing of them."""
    silent = np.ones(len(case.subjects), dtype=np.bool_)
    silent[asking] = False
    subjects = [case.subjects[row] for row in np.flatnonzero(silent).tolist()]
    known = {one.job.job_id: one.annotation.contract.workload_class for one in subjects}
    return [known.get(job.job_id, WorkloadClass.UNMANAGED) for job in jobs]
