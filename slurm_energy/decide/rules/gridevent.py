"""A grid event: no flexible job of ours starts while it lasts, latency-critical ones do.

The promise stands above it: at its latest start a job becomes eligible, event or not. Jobs that
may never be put off (their class, no bound, somebody else's) are sorted out before we are asked,
by :func:`~slurm_energy.decide.rules.guard.undeferrable`.
"""

from collections.abc import Mapping, Sequence
from math import isnan

import numpy as np
from numpy.typing import NDArray

from slurm_energy.decide.rules.guard import Subject
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.decision import Reason
from slurm_energy.model.lease import Lease
from slurm_energy.model.power import PowerLimit

Seconds = NDArray[np.int64]

ABOVE_EVENTS = (Reason.LIMITS, Reason.NO_LEDGER)
"""Where these hold nothing new is put off, not even for a grid event."""

NOBODYS_CHOICE = (Reason.GRID_EVENT, Reason.POWER_LIMIT)
"""Put off because the watts are not there: no budget of ours has a say in it."""


def held_by_event(
    subject: Subject, latest: int | None, limit: PowerLimit | None, now: int, ahead: int
) -> int | None:
    """The first moment at which a job may start because of an event; None where none concerns it.

    The end of the event (and of those that follow it without a gap), or the ``latest`` start if
    that is earlier. ``ahead`` is the time to the next turn, in seconds: an event that begins
    before then counts, so that it finds nobody starting. A lower bound: whoever has a better start
    behind the event keeps it.
    """
    if limit is None or latest is None:
        return None
    earliest = max(now, subject.begin_floor)
    event = limit.holding_between(earliest, max(earliest + 1, now + ahead))
    if event is None:
        return None
    begin = min(limit.clear_from(max(earliest, event.start)), latest)
    return begin if begin > earliest else None


def after_events(start: Seconds, latest: Seconds, limit: PowerLimit | None) -> Seconds:
    """Chosen starts moved out of events that hold, never past ``latest``; shape (jobs,)."""
    if limit is None or not limit.events:
        return start
    moved = start.copy()
    for event in limit.holding:
        moved[(moved >= event.start) & (moved < event.end)] = event.end
    return np.where(moved > start, np.maximum(np.minimum(moved, latest), start), start)


def event_leases(
    found: Sequence[Lease],
    limit: PowerLimit | None,
    max_delays: Mapping[WorkloadClass, int],
    now: int,
    ahead: int,
) -> Sequence[Lease]:
    """``found`` and a lease for every other class that may be put off, while an event is near.

    Near: in force, or about to be within ``ahead`` seconds. A class that has a lease keeps the
    longer one. ``max_delays``: seconds by class as the site grants them; 0 is never deferred.
    """
    event = None if limit is None else limit.holding_between(now, now + max(ahead, 1))
    if limit is None or event is None:
        return found
    end = limit.clear_from(max(now, event.start))
    until = {lease.workload_class: lease.until for lease in found}
    for kind, delay in max_delays.items():
        if delay > 0:
            until[kind] = max(until.get(kind, 0), min(end, now + delay))
    return [Lease(kind, moment) for kind, moment in until.items()]


def power_terms(
    limit: PowerLimit | None, watts: float | None, begin: int, now: int
) -> Mapping[str, float | int | str | None]:
    """What power did to a decision, for ``explain``; empty where nothing is set.

    ``watts`` is the job's prediction (None or NaN: not known), ``begin`` when it may start.
    """
    if limit is None:
        return {}
    return {
        "predicted_watts": None if watts is None or isnan(watts) else round(watts),
        "power_limit": limit.at(begin),
        **event_terms(limit, now),
    }


def event_terms(limit: PowerLimit | None, now: int) -> Mapping[str, float | int | str | None]:
    """The grid event to be named at ``now``; every value None where there is none.

    The tightest that holds jobs, until the last one that follows it without a gap is over; else
    the one whose watts bind.
    """
    holding = None if limit is None else limit.holding_between(now, now + 1)
    event = holding or (None if limit is None else limit.binding(now))
    if limit is None or event is None:
        return dict.fromkeys(_EVENT_TERMS)
    end = event.end if holding is None else limit.clear_from(now)
    told = (event.reason, event.origin.value, event.watts, end)
    return dict(zip(_EVENT_TERMS, told, strict=True))


_EVENT_TERMS = ("grid_event", "grid_event_from", "grid_event_watts", "grid_event_end")
