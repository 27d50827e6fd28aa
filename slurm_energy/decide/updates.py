"""From a plan to the few changes worth sending: only differences, most valuable first, capped."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from slurm_energy.decide.age import earning_since
from slurm_energy.decide.guard import Subject
from slurm_energy.decide.plan import Plan
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
    ranked = sorted(_wanted(plan, interval), key=lambda pair: pair[0])
    cap = update_cap(queue, policy)
    stops = [update for _, update in ranked if update.stop]
    surplus = {update.key for update in stops[max(1, cap // STOP_SHARE) :]}
    wanted = [update for _, update in ranked if update.key not in surplus]
    return Batch(wanted[:cap], max(0, len(ranked) - min(cap, len(wanted))))


STOP_SHARE = 10
"""At most a tenth of what may be sent in a turn are stops: each of them costs work."""

Order = tuple[int, float, int, int]
"""Rank, then what the change is worth, then the nearest latest start, then the job id."""


def _wanted(plan: Plan, interval: int) -> Iterator[tuple[Order, Update]]:
    for row, subject in enumerate(plan.subjects):
        if plan.actions[row] is Action.STOP:
            yield _stop(plan, row)
        if plan.actions[row] in _UNCHANGED:
            continue
        begin = _changed_begin(subject, int(plan.begin[row]))
        factor = _changed_factor(subject, int(plan.points[row]))
        if begin is None and factor is None:
            continue
        rank = _rank(subject, begin, plan.now, interval)
        worth = float(factor or 0) if rank is Rank.BOOST else plan.gain(row)
        latest = plan.promises[row].latest_start or 0
        yield (
            (rank, -worth, latest, subject.key.job_id),
            Update(
                subject.key, begin, factor, rank, None if begin is None else _age_since(subject)
            ),
        )


_UNCHANGED = (Action.LEAVE, Action.GO_ON, Action.STOP)


def _stop(plan: Plan, row: int) -> tuple[Order, Update]:
    """A stop; one that is under way comes before any other."""
    subject = plan.subjects[row]
    warned = subject.warned(plan.now)
    latest = plan.promises[row].latest_start or 0
    worth = float("inf") if warned else plan.gain(row)
    return (
        (Rank.STOP, -worth, latest, subject.key.job_id),
        Update(
            subject.key,
            begin=int(plan.begin[row]),
            rank=Rank.STOP,
            age_since=_age_since(subject),
            stop=True,
            run_start=subject.job.start_time,
            warned=warned,
        ),
    )


def _age_since(subject: Subject) -> int:
    return earning_since(subject.job, subject.annotation, subject.held)


def _changed_begin(subject: Subject, wanted: int) -> int | None:
    return wanted if wanted and wanted != subject.job.eligible_time else None


def _changed_factor(subject: Subject, wanted: int) -> int | None:
    """Points to write, or None. A field that can't be read is not written either."""
    seen = subject.job.site_factor
    return wanted if seen is not None and wanted != seen else None


def _rank(subject: Subject, begin: int | None, now: int, interval: int) -> Rank:
    starts = subject.effective_begin(now)
    if begin is not None:
        if begin < starts:
            return Rank.RELEASE
        return Rank.KEEP if starts <= now + 2 * interval else Rank.LATER
    return Rank.BOOST if starts <= now + interval else Rank.LATER


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
