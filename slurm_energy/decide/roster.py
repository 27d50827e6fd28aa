"""Subjects of the last turn, used again while nothing about them changed."""

from collections.abc import Mapping

from slurm_energy.decide.reconcile import reconcile
from slurm_energy.decide.rules.guard import Subject
from slurm_energy.model.contract import Annotation
from slurm_energy.model.held import Held
from slurm_energy.model.job import Job, JobKey


def subject_of(
    job: Job,
    annotation: Annotation,
    memory: Mapping[JobKey, Held],
    now: int,
    last: Subject | None = None,
) -> Subject:
    """The job with what we hold of it; ``last`` itself where reading it again changes nothing."""
    if last is not None and unchanged(last, memory) and _same(last, job, annotation):
        return last
    key = JobKey(job.home, job.job_id, annotation.submit)
    return Subject(key, job, annotation, reconcile(memory.get(key), job, annotation, now))


def unchanged(last: Subject, memory: Mapping[JobKey, Held]) -> bool:
    """Whether what we hold of it stays so, as long as Slurm shows the same."""
    return memory.get(last.key) is last.held and _settled(last)


def _same(last: Subject, job: Job, annotation: Annotation) -> bool:
    """Readers that keep unchanged records make this two comparisons of addresses."""
    same_job = last.job is job or last.job == job
    return same_job and (last.annotation is annotation or last.annotation == annotation)


def _settled(last: Subject) -> bool:
    """Whether nothing is on its way to it, so that its fields say the same at any moment."""
    held = last.held
    if held.theirs:
        return True
    nothing_sent = held.begin_sent is None and held.site_factor_sent is None
    return nothing_sent and held.begin is not None and held.begin == last.job.eligible_time
