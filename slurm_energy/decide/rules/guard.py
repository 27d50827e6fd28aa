"""What we may not touch, and what we may not put off. The first rule that holds is the reason."""

from dataclasses import dataclass

from slurm_energy.decide.rules.promise import Promise
from slurm_energy.model.contract import Annotation, WorkloadClass
from slurm_energy.model.decision import Reason
from slurm_energy.model.held import Held
from slurm_energy.model.job import Job, JobKey, JobState, Queue
from slurm_energy.model.policy import Policy


@dataclass(frozen=True, slots=True)
class Subject:
    """One job of ours, pending or running: what Slurm shows, what was agreed, what we wrote."""

    key: JobKey
    job: Job
    annotation: Annotation
    held: Held

    @property
    def begin_floor(self) -> int:
        """The user's own begin time, or Slurm's at a requeue; we never go below. 0: none."""
        return max(self.annotation.user_begin, self.held.floor)

    def our_begin(self, now: int) -> int | None:
        """The begin time ahead that the daemon gave, or None."""
        begin = self.held.begin
        given = (self.annotation.user_begin, self.annotation.lease, self.held.floor)
        return begin if begin is not None and begin > now and begin not in given else None

    def warned(self, now: int) -> int:
        """When this run was told that it will be stopped; 0: it was not, or too long ago."""
        held = self.held
        under_way = held.stopping == self.job.start_time and (held.begin_sent or 0) > now
        return held.warned if under_way else 0


def untouchable(subject: Subject) -> Reason | None:
    """Why no field of this job may be changed, or None."""
    job = subject.job
    rules = (
        (job.is_sibling, Reason.NOT_ORIGIN),
        (subject.held.theirs, Reason.THEIRS),
        (job.priority_set is True, Reason.PRIORITY_SET),
        (job.held, Reason.HELD),
        (job.het, Reason.HETEROGENEOUS),
        (not job.batch or job.cron, Reason.INTERACTIVE),
        (bool(job.reservation), Reason.RESERVED),
        (bool(job.dependency), Reason.DEPENDENT),
    )
    return next((reason for holds, reason in rules if holds), None)


def undeferrable(subject: Subject, promise: Promise, now: int) -> Reason | None:
    """Why this job may not be put off, or None."""
    contract = subject.annotation.contract
    if contract.workload_class is WorkloadClass.UNMANAGED:
        return Reason.OPTED_OUT if contract.rule == "off" else Reason.UNMANAGED
    if contract.max_delay == 0:
        return Reason.NEVER
    if promise.latest_start is None or unlimited(subject):
        return Reason.UNBOUNDED
    if promise.latest_start <= max(now, subject.begin_floor):
        return Reason.DEADLINE_NEAR
    return None


def unlimited(subject: Subject) -> bool:
    """Whether nothing but its class's default bounds the job: the hook leases none of these."""
    return subject.job.time_limit is None and "max_delay=" not in subject.annotation.tag


def crowded(queue: Queue, policy: Policy, now: int, wanted: float | None = None) -> Reason | None:
    """Why nothing new is put off on this cluster, or None: limits near, or demand too deep.

    ``wanted``: :func:`demand_hours`, where they are known.
    """
    if queue.max_job_count and queue.job_count >= policy.pending_share * queue.max_job_count:
        return Reason.LIMITS
    if not queue.gpus_total:
        return None
    wanted = demand_hours(queue, now) if wanted is None else wanted
    return Reason.BUSY if wanted > policy.busy_hours else None


def wants_to_start(job: Job, now: int) -> bool:
    """Whether a job is eligible and pending: it starts as soon as there is room for it."""
    waits = job.state is JobState.PENDING and not job.held and not job.dependency
    return waits and (job.eligible_time or 0) <= now


def demand_hours(queue: Queue, now: int) -> float:
    """Hours that all GPUs would need for the eligible pending jobs, at their time limits."""
    seconds = sum(
        job.gpus * (job.time_limit or 3600) * max(1, job.array_task_count)
        for job in queue.jobs
        if job.state == "PENDING" and not job.held and (job.eligible_time or 0) <= now
    )
    return seconds / 3600 / queue.gpus_total if queue.gpus_total else 0.0


def users_near_limit(queue: Queue, policy: Policy) -> frozenset[str]:
    """Users whose jobs fill ``submit_share`` of their MaxSubmitJobs; what ended fills nothing."""
    if not queue.submit_limits:
        return frozenset()
    counts: dict[str, int] = {}
    for job in queue.jobs:
        if job.state is not JobState.OTHER:
            counts[job.user] = counts.get(job.user, 0) + max(1, job.array_task_count)
    return frozenset(
        user
        for user, limit in queue.submit_limits
        if counts.get(user, 0) >= policy.submit_share * limit
    )


def stoppable(subject: Subject, policy: Policy) -> bool:
    """Whether the site and the job itself allow stopping it at all; a site at first does not."""
    contract = subject.annotation.contract
    return contract.interruptible and policy.classes[contract.workload_class].stop
