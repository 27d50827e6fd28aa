"""The jobs that a rule settles, and those that are left and may ask: see :func:`sort_out`.

The rules themselves are in :mod:`guard` and :mod:`budget`, grid events in :mod:`gridevent`.
"""

import numpy as np

from slurm_energy.decide.columns.coded import NONE, REASON, REASONS, Codes
from slurm_energy.decide.columns.rows import Index, Mask
from slurm_energy.decide.draft import Case, Draft
from slurm_energy.decide.rules.budget import over_budget
from slurm_energy.decide.rules.guard import crowded, users_near_limit
from slurm_energy.decide.rules.promises import UNBOUNDED
from slurm_energy.model.decision import Action, Reason

_RESERVED = REASON[Reason.RESERVED]


def sort_out(draft: Draft, blocked: Reason | None) -> Index:
    """Write down every job that a rule settles; the rows that are left may be put off.

    ``blocked`` is a reason for putting nothing new off.
    """
    left = _ruled(draft)
    why = _unpermitted(draft.case, left, blocked)
    for code in np.unique(why[why != NONE]).tolist():
        draft.settle(left[why == code], REASONS[code])
    draft.spread(draft.put_off(np.flatnonzero(draft.floors)))
    return np.asarray(left[why == NONE])


def _ruled(draft: Draft) -> Index:
    """Settle what a job's own state or contract settles; for all others note a grid event."""
    case = draft.case
    untouchable = case.rows.untouchable
    barred = np.flatnonzero(untouchable != NONE)
    draft.set(barred, Action.LEAVE, Reason.UNMANAGED)
    draft.reasons[barred] = untouchable[barred]
    # Somebody reserved nodes for a job that we had put off: they must not stand idle.
    freed = np.flatnonzero((untouchable == _RESERVED) & (case.rows.given > case.now))
    draft.run(freed, Reason.RESERVED)
    undeferrable = np.where(untouchable == NONE, undeferrables(case), NONE)
    for code in np.unique(undeferrable[undeferrable != NONE]).tolist():
        draft.run(np.flatnonzero(undeferrable == code), REASONS[code])
    left = np.flatnonzero((untouchable == NONE) & (undeferrable == NONE))
    if case.power.limit is not None:
        latest = case.promises.latest
        for row in left.tolist():
            floor = case.power.floor(case.subjects[row], int(latest[row]), case.now)
            draft.floors[row] = 0 if floor is None else floor
    return left


def undeferrables(case: Case) -> Codes:
    """By row, the reason of :func:`~.rules.guard.undeferrable`, or ``NONE``."""
    latest = case.promises.latest
    near = latest <= np.maximum(case.now, case.rows.floor)
    bound = np.where(near, REASON[Reason.DEADLINE_NEAR], NONE)
    bound = np.where(latest == UNBOUNDED, REASON[Reason.UNBOUNDED], bound)
    settled = case.rows.settled
    return np.where(settled != NONE, settled, bound).astype(np.int8)


def _unpermitted(case: Case, rows: Index, blocked: Reason | None) -> Codes:
    """Why these may not be put off as things stand in the queue and the budgets, or ``NONE``.

    A job without a signal is left as it is, however full the queue: the market says so.
    """
    wanted = case.census.demand_hours(case.queue, case.now)
    blocked = blocked or crowded(case.queue, case.policy, case.now, wanted)
    why = np.full(len(rows), NONE if blocked is None else REASON[blocked], dtype=np.int8)
    priced = _priced(case)[rows]
    why[~priced] = NONE
    near_limit = users_near_limit(case.queue, case.policy)
    asked = np.flatnonzero(priced) if near_limit or case.policy.budgets.bound else ()
    for at in map(int, asked):
        subject = case.subjects[int(rows[at])]
        if subject.job.user in near_limit:
            why[at] = REASON[Reason.LIMITS]
        elif why[at] == NONE and (reason := over_budget(case.spent, case.policy.budgets, subject)):
            why[at] = REASON[reason]
    return why


def _priced(case: Case) -> Mask:
    """By row, whether a signal tells the prices that it pays."""
    known = [case.curves.get(one, {}).get(name) is not None for one, name, _ in case.lines]
    return np.array(known, dtype=np.bool_)[case.rows.line] if known else np.zeros(0, dtype=np.bool_)
