"""Compare before set: which fields still hold what we last wrote, and which a person changed."""

from dataclasses import replace

from slurm_energy.model.contract import Annotation
from slurm_energy.model.held import Held
from slurm_energy.model.job import Job

REQUEUE_DELAY = 120
"""Seconds that Slurm keeps a requeued job from starting."""
REQUEUE_SECONDS = (*range(3), *range(119, 126))
"""From a requeue, which is a new submit time, to the begin time that Slurm gives: none, or 120 s
and a little. Where ``AuthInfo=cred_expire`` makes it another, a requeued job counts as a person's.
"""


def reconcile(held: Held | None, job: Job, annotation: Annotation, now: int) -> Held:
    """What we hold of ``job`` after reading it back.

    A sent value that is found is ours from now on. A value that is neither what was there before,
    nor what we sent, nor what the user and the hook gave at submit, belongs to a person.
    """
    if held is None:
        held = Held()
    if not held.theirs and job.restarts > held.restarts:
        held = _requeued(held, job)
    if held.theirs:
        return replace(held, begin_sent=None, site_factor_sent=None)
    begin = _begin(held, job.eligible_time, annotation, now)
    site_factor = _site_factor(held, job)
    if begin is None or site_factor is None:
        return replace(held, theirs=True, begin_sent=None, site_factor_sent=None)
    if site_factor == (begin.site_factor, begin.site_factor_sent):
        return begin
    return replace(begin, site_factor=site_factor[0], site_factor_sent=site_factor[1])


def _requeued(held: Held, job: Job) -> Held:
    """``held`` after Slurm itself gave the job a begin time: the new floor.

    Or one that we sent while it ran comes back. Any other was given since, by a person:
    ``scontrol requeue``, then ``update starttime=``, is usual.
    """
    seen, at = job.eligible_time, job.submit_time
    known = seen is None or seen == held.begin_sent or seen - at in REQUEUE_SECONDS
    if not known:
        return replace(held, restarts=job.restarts, theirs=True)
    if held.stopping:
        return _stopped(held, job)
    return replace(
        held,
        restarts=job.restarts,
        begin=seen,
        begin_sent=None,
        age_since=None,
        floor=seen or 0,
    )


def _stopped(held: Held, job: Job) -> Held:
    """``held`` after a requeue of ours, or of the job itself once we had told it to save its state.

    The begin that we sent with it is ours, above the delay that Slurm gives; the age that it had
    when it first started is owed.
    """
    seen, at = job.eligible_time, job.submit_time
    slurms = at + REQUEUE_DELAY if seen == held.begin_sent else seen
    return replace(
        held,
        restarts=job.restarts,
        begin=seen,
        begin_sent=None,
        floor=min(slurms or 0, seen or 0),
        done=held.done + max(0, at - held.stopping),
        stops=held.stops + 1,
        stopping=0,
        warned=0,
    )


def _begin(held: Held, seen: int | None, annotation: Annotation, now: int) -> Held | None:
    """``held`` with its begin read back, or None when a person changed it."""
    if held.begin_sent is not None:
        if _arrived(held.begin_sent, seen, now):
            return replace(held, begin=seen, begin_sent=None)
        return held if seen == held.begin else None
    if held.begin is not None and seen == held.begin:
        return held
    expected = held.begin
    if expected is None:
        expected = annotation.lease or annotation.user_begin or None
    return replace(held, begin=seen) if _same_begin(expected, seen, now) else None


def _arrived(sent: int, seen: int | None, now: int) -> bool:
    """Whether ``seen`` is what Slurm makes of a begin time ``sent``: one that is past becomes now.

    Source: ``_update_job`` in Slurm's job manager.
    """
    return seen == sent or (seen is not None and sent <= seen <= now)


def _same_begin(ours: int | None, seen: int | None, now: int) -> bool:
    """Whether ``seen`` still means ``ours``: once a begin time has passed, any past one does."""
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
