"""Compare before set: which fields still hold what we last wrote, and which a person changed."""

from collections.abc import Mapping
from dataclasses import replace

from slurm_energy.model.contract import Annotation
from slurm_energy.model.held import Held
from slurm_energy.model.job import Job


def reconcile(held: Held | None, job: Job, annotation: Annotation, now: int) -> Held:
    """What we hold of ``job`` after reading it back.

    A sent value that is found is ours from now on. A value that is neither what we wrote, nor
    what we sent, nor what the user and the hook gave at submit, belongs to a person.
    """
    if held is None:
        held = Held(restarts=job.restarts)
    if held.theirs:
        return held
    if job.restarts > held.restarts:
        # Requeue: Slurm itself writes a begin time of now + 120 s. It is the new floor.
        held = replace(held, restarts=job.restarts, begin=job.eligible_time, begin_sent=None)
    begin = _begin(held, job, annotation, now)
    site_factor = _site_factor(held, job)
    if begin is None or site_factor is None:
        return replace(held, theirs=True, begin_sent=None, site_factor_sent=None)
    return replace(begin, site_factor=site_factor[0], site_factor_sent=site_factor[1])


def _begin(held: Held, job: Job, annotation: Annotation, now: int) -> Held | None:
    """``held`` with its begin read back, or None when a person changed it."""
    seen = job.eligible_time
    if held.begin_sent is not None and _same_begin(held.begin_sent, seen, now):
        return replace(held, begin=held.begin_sent, begin_sent=None)
    if any(_same_begin(value, seen, now) for value in _known_begins(held, annotation)):
        return held
    return None


def _known_begins(held: Held, annotation: Annotation) -> tuple[int | None, ...]:
    """Begin times that are not a surprise, before or instead of what was sent last."""
    if held.begin is not None:
        return (held.begin,)
    if annotation.lease:
        return (annotation.lease,)
    return (annotation.user_begin or None,)


def _same_begin(ours: int | None, seen: int | None, now: int) -> bool:
    """Whether ``seen`` is what a job with begin time ``ours`` shows.

    Once a begin time has passed, Slurm may show the moment the job became eligible instead.
    """
    if ours is None or ours <= now:
        return seen is None or seen <= now
    return seen == ours


def _site_factor(held: Held, job: Job) -> tuple[int, int | None] | None:
    """(ours, still in flight), or None when a person changed it.

    Where the client can't read the field, what we hold stays as it is.
    """
    seen = job.site_factor
    if seen is None:
        return held.site_factor, held.site_factor_sent
    if seen == held.site_factor_sent:
        return seen, None
    if seen == held.site_factor:
        return seen, held.site_factor_sent
    return None


def reconcile_all(
    memory: Mapping[int, Held], jobs: Mapping[int, tuple[Job, Annotation]], now: int
) -> Mapping[int, Held]:
    """Every pending annotated job's :class:`Held`; jobs that are gone are forgotten."""
    return {
        job_id: reconcile(memory.get(job_id), job, annotation, now)
        for job_id, (job, annotation) in jobs.items()
    }
