"""What the simulated slurmctld keeps of a job, and how it shows it."""

from dataclasses import dataclass, replace

from slurm_energy.model.decision import JobEnd
from slurm_energy.model.job import Job, JobKey, JobState
from slurm_energy.simulate.cluster.backfill import Wish
from slurm_energy.simulate.cluster.room import Need, Place
from slurm_energy.simulate.trace import TraceJob


@dataclass(slots=True, eq=False)
class Record:
    """One record of the job table: a job, an array whose tasks wait, or a task that started."""

    trace: TraceJob
    job: Job
    """As shown; the same object for as long as nothing changes."""
    wish: Wish
    """What backfill plans it with."""
    order: int
    """Of submission; the last word where priorities are equal."""
    left: int
    """Seconds of work that are left."""
    task: int = 0
    """Task of the array; of a waiting array, the next to start."""
    started: int = 0
    assumed: int = 0
    """When backfill expects it to end."""
    place: Place = ()
    stamp: int = 0
    """Counts starts: an end that was foreseen for an earlier one means nothing."""

    @property
    def number(self) -> int:
        """Id in the job table."""
        return self.job.job_id

    @property
    def pending(self) -> bool:
        """Whether it waits."""
        return self.job.state is JobState.PENDING

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self.job.state is JobState.RUNNING

    @property
    def need(self) -> Need:
        """What one task takes."""
        return self.wish.need


def submitted(trace: TraceJob, cluster: str, now: int, siblings: tuple[str, ...]) -> Job:
    """The record's first sight: eligible from its submit on.

    AdminComment holds the trace's number, which stands for the annotation.
    """
    return Job(
        cluster=cluster,
        job_id=trace.number,
        name=trace.name,
        user=trace.user,
        account=trace.account,
        partition=partition_of(trace),
        qos="normal",
        state=JobState.PENDING,
        reason="Priority",
        submit_time=now,
        eligible_time=now,
        time_limit=trace.limit,
        nodes=trace.nodes,
        cpus=trace.cpus,
        gpus=trace.gpus,
        admin_comment=str(trace.number),
        accrue_time=now,
        site_factor=0,
        priority_set=False,
        array_task_count=trace.tasks if trace.tasks > 1 else 0,
        origin=siblings[0] if siblings else None,
        siblings=siblings,
    )


def partition_of(trace: TraceJob) -> str:
    """The partition a job is submitted to; every cluster has one, named or not."""
    return trace.partition or "gpu"


def requeued(job: Job, now: int, begin: int, siblings: tuple[str, ...]) -> Job:
    """As Slurm requeues: a new submit, no age, and a begin time."""
    return replace(
        job,
        state=JobState.PENDING,
        reason="BeginTime" if begin > now else "Priority",
        submit_time=now,
        eligible_time=begin,
        accrue_time=begin,
        restarts=job.restarts + 1,
        start_time=None,
        end_time=None,
        nodelist=(),
        siblings=siblings,
    )


def ended(record: Record, now: int, state: str) -> JobEnd:
    """What accounting tells of it."""
    job = record.job
    return JobEnd(
        key=JobKey(job.home, job.job_id, record.trace.submit),
        ran_on=job.cluster,
        name=job.name,
        user=job.user,
        account=job.account,
        partition=job.partition,
        state=state,
        eligible=job.eligible_time,
        start=job.start_time,
        end=now,
        time_limit=job.time_limit,
        gpus=job.gpus,
        cpus=job.cpus,
        nodes=job.nodes,
        admin_comment=job.admin_comment,
    )
