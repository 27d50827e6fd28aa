"""From a plan to the few changes worth sending: only differences, most valuable first, capped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slurm_energy.decide.columns.coded import ACTION, ACTIONS
from slurm_energy.decide.columns.rows import UNREADABLE, Index
from slurm_energy.decide.plan import Plan
from slurm_energy.decide.rules.guard import Subject
from slurm_energy.decide.scoring.age import earning_since
from slurm_energy.model.decision import Action, Fate, Outcome, Update
from slurm_energy.model.held import Held
from slurm_energy.model.job import Health, JobKey, Queue
from slurm_energy.model.policy import Policy


class Rank(IntEnum):
    """Order of sending: by what changes what starts before the next backfill."""

    RELEASE = 0
    """May start now: what we owe comes first."""
    KEEP = 1
    """Its begin time passes before our next turn; without the update it starts."""
    STOP = 2
    """It runs, and goes back to the queue."""
    BOOST = 3
    """Eligible, and its order changes."""
    LATER = 4
    """Nothing starts differently before the next turn."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What to send now, and how many wanted changes were left for later turns."""

    updates: Sequence[Update]
    skipped: int


BUSY_THREADS = 100
BUSY_UPDATE_US = 20_000
BUSY_CYCLE_US = 10_000_000
BUSY_DBD_QUEUE = 1_000
"""Where sdiag shows harm: slurmctld takes 58-110 µs for an update, and has 256 threads."""


def update_cap(queue: Queue, policy: Policy) -> int:
    """Most updates this cluster takes this cycle: less under rate limits, a quarter under harm."""
    cap = policy.limited_update_cap if queue.rate_limited else policy.update_cap
    return max(1, cap // 4) if harmed(queue.health) else cap


def harmed(health: Health) -> bool:
    """Whether the controller or its accounting queue is under strain."""
    limits = (
        (health.server_threads, BUSY_THREADS),
        (health.update_mean_us, BUSY_UPDATE_US),
        (health.mean_cycle_us, BUSY_CYCLE_US),
        (health.dbd_queue, BUSY_DBD_QUEUE),
    )
    return any(value is not None and value > limit for value, limit in limits)


def batch(plan: Plan, queue: Queue, policy: Policy, interval: int) -> Batch:
    """The changes this plan asks for, ranked and capped. ``interval``: seconds to the next turn."""
    wanted = _wanted(plan, interval)
    cap = update_cap(queue, policy)
    stops = np.cumsum(wanted.stop)
    sent = wanted.row[~wanted.stop | (stops <= max(1, cap // STOP_SHARE))][:cap]
    ranks = dict(zip(wanted.row.tolist(), wanted.rank.tolist(), strict=True))
    updates = [_update(plan, row, Rank(ranks[row])) for row in sent.tolist()]
    return Batch(updates, len(wanted.row) - len(updates))


STOP_SHARE = 10
"""At most a tenth of what may be sent in a turn are stops: each of them costs work."""


class _Wanted(NamedTuple):
    """Rows of the plan that ask for a change, in order of sending.

    That is by rank, then what the change is worth, then the nearest latest start, then the job id.
    """

    row: Index
    rank: Index
    stop: NDArray[np.bool_]


def _wanted(plan: Plan, interval: int) -> _Wanted:
    """What differs from what the jobs' fields hold, and what is to be stopped."""
    action, rows = plan.actions.codes, plan.rows
    stop = action == _STOP
    begin = (plan.begin != 0) & (plan.begin != rows.eligible)
    factor = (rows.site_factor != UNREADABLE) & (plan.points != rows.site_factor)
    asks = np.flatnonzero(stop | ((begin | factor) & np.take(_CHANGES, action)))
    begin, factor, stop = begin[asks], factor[asks], stop[asks]
    rank = _ranks(plan, asks, begin, interval)
    rank[stop] = Rank.STOP
    boost = np.where(factor, plan.points[asks], 0)
    worth = np.where(rank == Rank.BOOST, boost, plan.gains()[asks])
    under_way = [bool(plan.subjects[row].warned(plan.now)) for row in asks[stop].tolist()]
    worth[stop] = np.where(under_way, np.inf, worth[stop])
    latest = np.maximum(plan.promises.latest[asks], 0)
    order = np.lexsort((rows.job_id[asks], latest, -worth, rank))
    return _Wanted(asks[order], rank[order], stop[order])


def _ranks(plan: Plan, asks: Index, begin: NDArray[np.bool_], interval: int) -> Index:
    """The rank of each; ``begin``: whether its begin time changes."""
    starts = np.maximum(plan.now, plan.rows.eligible[asks])
    keep = np.where(starts <= plan.now + 2 * interval, Rank.KEEP, Rank.LATER)
    moved = np.where(plan.begin[asks] < starts, Rank.RELEASE, keep)
    boost = np.where(starts <= plan.now + interval, Rank.BOOST, Rank.LATER)
    return np.where(begin, moved, boost)


_STOP = ACTION[Action.STOP]
_CHANGES = np.array([one in (Action.RUN, Action.DEFER) for one in ACTIONS])


def _update(plan: Plan, row: int, rank: Rank) -> Update:
    """The change of one row. A field that can't be read is not written either."""
    subject = plan.subjects[row]
    if rank is Rank.STOP:
        return _stop(plan, row)
    begin, points = int(plan.begin[row]), int(plan.points[row])
    if not begin or begin == subject.job.eligible_time:
        begin = 0
    seen = subject.job.site_factor
    factor = points if seen is not None and points != seen else None
    return Update(subject.key, begin or None, factor, rank, _age_since(subject) if begin else None)


def _stop(plan: Plan, row: int) -> Update:
    """A stop; one that is under way comes before any other."""
    subject = plan.subjects[row]
    return Update(
        subject.key,
        begin=int(plan.begin[row]),
        rank=Rank.STOP,
        age_since=_age_since(subject),
        stop=True,
        run_start=subject.job.start_time,
        warned=subject.warned(plan.now),
    )


def _age_since(subject: Subject) -> int:
    return earning_since(subject.job, subject.annotation, subject.held)


def intended(held: dict[JobKey, Held], updates: Sequence[Update]) -> dict[JobKey, Held]:
    """Memory with the updates noted as on their way; written down before anything is sent."""
    noted = dict(held)
    for update in updates:
        ours = noted[update.key]
        noted[update.key] = replace(
            ours,
            begin_sent=ours.begin_sent if update.begin is None else update.begin,
            site_factor_sent=(
                ours.site_factor_sent if update.site_factor is None else update.site_factor
            ),
            age_since=ours.age_since if update.age_since is None else update.age_since,
            stopping=update.run_start or 0 if update.stop else ours.stopping,
            warned=update.warned if update.stop else ours.warned,
        )
    return noted


def told(held: Mapping[JobKey, Held], outcomes: Sequence[Outcome], now: int) -> dict[JobKey, Held]:
    """Memory with the jobs that were told of their stop just now, so that it is carried through.

    Only what Slurm took counts: whoever dies before this is written tells the job once more.
    """
    first = [
        outcome.update.key
        for outcome in outcomes
        if outcome.update.stop and outcome.fate is Fate.SENT and not outcome.update.warned
    ]
    return {**held, **{key: replace(held[key], warned=now) for key in first}}
