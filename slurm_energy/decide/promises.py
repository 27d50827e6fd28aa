"""Every job's promise; one that was given for the same job on the same cluster is given again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from slurm_energy.decide.dependence import bring_forward
from slurm_energy.decide.guard import Subject
from slurm_energy.decide.promise import Promise, Waits, narrowest, promise
from slurm_energy.model.job import JobKey, JobState, Partition, Queue, Reservation
from slurm_energy.model.policy import Policy

Terms = tuple[Policy, Waits, tuple[Partition, ...], tuple[Reservation, ...]]
"""What promises rest on besides the job."""


@dataclass(frozen=True, slots=True)
class Given:
    """Promises as they were given, each beside its subject."""

    terms: Terms | None = None
    by_key: Mapping[JobKey, tuple[Subject, Promise]] = field(default_factory=dict)


def promises_of(
    queue: Queue,
    subjects: Sequence[Subject],
    policy: Policy,
    waits: Waits,
    now: int,
    before: Given | None = None,
) -> tuple[list[Promise], Given]:
    """Every job's own latest start, then what dependents' deadlines take from it.

    The second part is ``before`` for the next turn. What ran meanwhile, and all jobs while a
    reservation stands, are looked at anew: these depend on the time.
    """
    before = before or Given()
    terms = policy, waits, queue.partitions, queue.reservations
    known = before.by_key if before.terms == terms and not queue.reservations else {}
    partitions = {partition.name: partition for partition in queue.partitions}
    narrow: dict[str, Partition | None] = {}
    given: dict[JobKey, tuple[Subject, Promise]] = {}
    for subject in subjects:
        last = known.get(subject.key)
        if last is not None and last[0] is subject and subject.job.state is JobState.PENDING:
            given[subject.key] = last
            continue
        name = subject.job.partition
        if name not in narrow:
            narrow[name] = narrowest(subject.job, partitions)
        given[subject.key] = (
            subject,
            promise(
                subject.job,
                subject.annotation,
                policy,
                waits,
                narrow[name],
                queue.reservations,
                now,
                work_done(subject, now, policy.interruption_cost),
            ),
        )
    own = [given[subject.key][1] for subject in subjects]
    return _with_dependents(subjects, own, policy), Given(terms, given)


def work_done(subject: Subject, now: int, interruption: int) -> int:
    """Seconds of work that a job has behind it: what each of its stops cost is none."""
    started = subject.job.start_time if subject.job.state is JobState.RUNNING else None
    ran = subject.held.done + (0 if started is None else max(0, now - started))
    return max(0, ran - subject.held.stops * interruption)


def _with_dependents(
    subjects: Sequence[Subject], own: list[Promise], policy: Policy
) -> list[Promise]:
    jobs = [subject.job for subject in subjects]
    if not any(job.dependency for job in jobs):
        return own
    latest = {job.job_id: bound.latest_start for job, bound in zip(jobs, own, strict=True)}
    run = {job.job_id: job.time_limit or policy.typical_run for job in jobs}
    moved = bring_forward(jobs, latest, run)
    return [
        Promise(moved[job.job_id], {**bound.terms, "dependent": moved[job.job_id]})
        if job.job_id in moved
        else bound
        for job, bound in zip(jobs, own, strict=True)
    ]
