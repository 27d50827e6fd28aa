"""Nobody's account waits longer because its jobs are known: knowledge moves waiting, and adds none.

A run time that is known makes a valley of the price sharper than one that may last from minutes to
days, and a sharper valley is worth a longer wait. So each account is held, in sum, to what its jobs
would wait if nothing but their queue were known (:mod:`waits`): what some of them give up, others
may use, those first that gain most by the second. Who is bound has his last start cut; no start is
ever made later.

Concerns jobs that run in one piece. Of those that may stop nobody can tell a second of waiting from
one of being stopped. What a job waits in Slurm's queue after it was let go is nobody's choice.
"""

from dataclasses import replace

import numpy as np

from slurm_energy.decide.columns.rows import Mask
from slurm_energy.decide.durations.shapes import lengths
from slurm_energy.decide.market.answered import Answers
from slurm_energy.decide.market.floor import Floor
from slurm_energy.decide.market.starts import best_starts
from slurm_energy.decide.market.waits import FAR, Waiting, Waits
from slurm_energy.decide.market.wants import asks_of
from slurm_energy.decide.pricing.price import Values
from slurm_energy.decide.pricing.prices import Index


def evenly(floor: Floor, before: Waits) -> tuple[Floor, Waits]:
    """The floor with earlier ``last`` starts where an account has waited enough; who waits now."""
    if floor.stage.shapes.queue is None:
        return floor, before
    rows = _concerned(floor)
    jobs = floor.stage.applicants.rows.job_id[rows]
    waits = _looked_up(floor, rows, _known(floor, rows, before.settled(jobs, floor.stage.now)))
    waits = replace(waits, pending=waits.pending._replace(bound=_bound(waits)))
    here = waits.places(jobs)
    due, bound = waits.pending.due[here], waits.pending.bound[here]
    last = floor.last.copy()
    cut = np.maximum(floor.first[rows], _slot(floor, due))
    last[rows] = np.where(bound, np.minimum(last[rows], cut), last[rows])
    return replace(floor, last=last), waits


def remembered(floor: Floor, waits: Waits, told: Answers) -> Waits:
    """``waits`` with what the market told everybody."""
    if floor.stage.shapes.queue is None:
        return waits
    rows = _concerned(floor)
    begin = told.told.begin[told.place[rows]]
    return waits.told(floor.stage.applicants.rows.job_id[rows], begin)


def _concerned(floor: Floor) -> Index:
    """Jobs in one piece that take of this cluster, in order of their ids."""
    rows = floor.block[floor.units[floor.block] > 0]
    order = np.argsort(floor.stage.applicants.rows.job_id[rows], kind="stable")
    return np.asarray(rows[order], dtype=np.int64)


def _known(floor: Floor, rows: Index, waits: Waits) -> Waits:
    """With a place for each of ``rows``."""
    applicants = floor.stage.applicants
    jobs = applicants.rows.job_id[rows]
    fresh = ~np.isin(jobs, waits.pending.job)
    names = [applicants.subjects[row].job.account for row in rows[fresh].tolist()]
    return waits.joined(jobs[fresh], names, applicants.rows.tasks[rows[fresh]])


def _looked_up(floor: Floor, rows: Index, waits: Waits) -> Waits:
    """With ``due`` and ``wish`` of who is new, and in a new slot of everybody.

    Who has gone when due stays so. Prices are those of the signals alone.
    """
    one, now = waits.pending, floor.stage.now
    at = waits.places(floor.stage.applicants.rows.job_id[rows])
    if waits.start == floor.prices.start:
        new = one.due[at] == FAR
        rows, at = rows[new], at[new]
    if not len(rows):
        return waits
    was_due, was_wish = one.due[at], one.wish[at]
    due, wish = _best(_by_queue(floor), rows, was_due), _best(floor, rows, was_wish)
    due = np.where(was_due <= now, was_due, due)
    wish = np.where((was_wish <= now) & (wish <= now), was_wish, wish)
    columns = {"due": due, "wish": wish, "gain": _gain(floor, rows, due, wish)}
    changed = {name: getattr(one, name).copy() for name in columns}
    for name, column in columns.items():
        changed[name][at] = column
    return replace(waits, pending=one._replace(**changed), start=floor.prices.start)


def _by_queue(floor: Floor) -> Floor:
    """The floor if only the jobs' queue were known."""
    shapes = floor.stage.shapes.queue
    if shapes is None:
        return floor
    return replace(
        floor, stage=replace(floor.stage, shapes=shapes), shape=shapes.row[: len(floor.shape)]
    )


def _best(floor: Floor, rows: Index, kept: Index) -> Index:
    """When jobs would go, if prices and run times were all; ``kept`` is when they would before."""
    asks, prices, stage = asks_of(floor, rows), floor.prices, floor.stage
    asks = replace(asks, kept=np.where(kept < FAR, _slot(floor, kept), asks.kept))
    slot = best_starts(prices, stage.shapes.alive, asks, stage.policy.least_gain).start
    return np.where(slot > asks.first, prices.start + slot * prices.slot, floor.earliest[rows])


def _gain(floor: Floor, rows: Index, due: Index, wish: Index) -> Values:
    """What a later start saves by each second: standard deviations, for whole runs."""
    gain, late = np.zeros(len(rows)), np.flatnonzero(wish > due)
    rows, due, wish = rows[late], due[late], wish[late]
    saved = _mean(floor, rows, _slot(floor, due)) - _mean(floor, rows, _slot(floor, wish))
    work = floor.units[rows] * lengths(floor.stage.shapes.alive)[floor.shape[rows]]
    gain[late] = work * saved / (wish - due)
    return gain


def _mean(floor: Floor, rows: Index, slot: Index) -> Values:
    """What a run that starts then is expected to meet."""
    slot = np.maximum(floor.first[rows], slot)
    asks = replace(asks_of(floor, rows), first=slot, last=slot)
    return best_starts(floor.prices, floor.stage.shapes.alive, asks, 0.0).at_once


def _slot(floor: Floor, time: Index) -> Index:
    return np.asarray((time - floor.prices.start) // floor.prices.slot)


def _bound(waits: Waits) -> Mask:
    """Those for whom their account has no seconds left, of jobs or of tasks."""
    one, count = waits.pending, len(waits.accounts)
    bound = np.zeros(len(one.job), dtype=np.bool_)
    late = one.late
    asks = np.flatnonzero(late)
    order = asks[np.lexsort((one.job[asks], -one.gain[asks], one.account[asks]))]
    left = waits.left + one.by_account(one.early, count)
    for some, weight in zip(left, (np.ones_like(one.tasks), one.tasks), strict=True):
        served = _served(one, order, weight * late)
        bound[order] |= served > some[one.account[order]]
    return bound


def _served(one: Waiting, order: Index, seconds: Index) -> Index:
    """Seconds taken by each and those of its account before it; ``order`` is by account."""
    account, taken = one.account[order], seconds[order]
    total = np.cumsum(taken)
    first = np.searchsorted(account, account)
    return np.asarray(total - total[first] + taken[first])
