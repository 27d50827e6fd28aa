"""One cluster's queue as the market sees it: who chooses, and who takes what he takes."""

from collections.abc import Sequence

from slurm_energy.decide.draft import Case, Draft
from slurm_energy.decide.guard import Subject, wants_to_start
from slurm_energy.decide.promise import Promise
from slurm_energy.decide.shapes import RunTimes
from slurm_energy.decide.stage import Applicant, Stage
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.job import Job, JobState, Queue


def staged(case: Case, applicants: Sequence[Applicant], run_times: RunTimes) -> Stage:
    """The market's view of the cluster: who chooses, and who takes what he takes."""
    queue, policy, now = case.queue, case.policy, case.now
    slots = 2 * (policy.horizon // policy.slot) + 1
    room = case.power.capacity(queue, now, policy.slot, slots)
    choosing = {one.subject.job.job_id for one in applicants}
    draw = case.power.draw(queue)
    others = _others(queue, choosing, now) if room.resources or draw else []
    classes = {s.job.job_id: s.annotation.contract.workload_class for s in case.subjects}
    jobs = [*(one.subject.job for one in applicants), *others]
    kinds = [classes.get(job.job_id, WorkloadClass.UNMANAGED) for job in jobs]
    shapes = run_times.shapes(jobs, kinds, policy.slot, policy.horizon // policy.slot)
    watts = case.power.added(jobs, kinds)
    return Stage(
        queue.cluster, now, applicants, others, shapes, case.curves, room, policy, watts, draw
    )


def pending(draft: Draft, row: int) -> Applicant:
    """A job that may be put off."""
    case, subject = draft.case, draft.case.subjects[row]
    latest = case.promises[row].latest_start
    earliest = max(case.now, subject.begin_floor, draft.floors.get(row, 0))
    return Applicant(subject, earliest, latest or earliest, subject.our_begin(case.now) or 0)


def resuming(subject: Subject, bound: Promise, now: int) -> Applicant:
    """A running job that may be stopped and resumed."""
    return Applicant(subject, now, bound.latest_start or now, 0)


def _others(queue: Queue, choosing: set[int], now: int) -> list[Job]:
    """Jobs that run, or may start now, and do not choose."""
    return [
        job
        for job in queue.jobs
        if job.job_id not in choosing
        and (job.state is JobState.RUNNING or wants_to_start(job, now))
    ]
