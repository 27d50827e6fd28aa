"""A grid event: no flexible job of ours starts while it lasts, latency-critical ones do.

The promise stands above it: at its latest start a job becomes eligible, event or not. Jobs that
may never be put off (their class, no bound, somebody else's) are sorted out before we are asked,
by :func:`~slurm_energy.decide.guard.undeferrable`.
"""

from collections.abc import Mapping

from slurm_energy.decide.guard import Subject
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.lease import Lease
from slurm_energy.model.power import PowerLimit


def held_by_event(
    subject: Subject, latest: int | None, limit: PowerLimit | None, now: int, ahead: int
) -> int | None:
    """The begin time that an event imposes on a job which could start before we look again.

    The end of the event (and of those that follow it without a gap), or the ``latest`` start if
    that is earlier; None where no event concerns it. ``ahead`` is the time to the next turn, in
    seconds: an event that begins before then counts, so that it finds nobody starting. A job whose
    own begin lies behind the event, or behind ``ahead``, is left to the price.
    """
    if limit is None or latest is None or latest <= now:
        return None
    earliest = max(now, subject.begin_floor)
    if earliest >= now + max(ahead, 1):
        return None
    event = limit.event_between(earliest, now + max(ahead, 1))
    if event is None:
        return None
    begin = min(limit.clear_from(max(earliest, event.start)), latest)
    return begin if begin > earliest else None


def event_leases(
    limit: PowerLimit | None, max_delays: Mapping[WorkloadClass, int], now: int, ahead: int
) -> tuple[Lease, ...]:
    """A lease for every class that may be put off, while an event is in force or about to be.

    ``max_delays``: seconds by class as the site grants them; 0 is never deferred.
    """
    event = None if limit is None else limit.event_between(now, now + max(ahead, 1))
    if limit is None or event is None:
        return ()
    end = limit.clear_from(max(now, event.start))
    return tuple(
        Lease(kind, min(end, now + delay)) for kind, delay in max_delays.items() if delay > 0
    )


def power_terms(
    limit: PowerLimit | None, watts: float | None, begin: int, now: int
) -> Mapping[str, float | int | str | None]:
    """What power did to a decision, for ``explain``; empty where nothing is set.

    ``watts`` is the job's prediction (None or NaN: not known), ``begin`` when it may start.
    """
    if limit is None:
        return {}
    event = limit.event_between(now, now + 1)
    known = watts is not None and watts == watts  # noqa: PLR0124 - NaN alone differs from itself
    return {
        "predicted_watts": round(watts) if known and watts is not None else None,
        "power_limit": limit.at(begin),
        "grid_event": None if event is None else event.reason,
        "grid_event_end": None if event is None else limit.clear_from(now),
    }
