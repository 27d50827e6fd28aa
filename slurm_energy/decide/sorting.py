"""The jobs that a rule settles, and those that are left and may ask: see :func:`sort_out`.

The rules themselves are in :mod:`guard` and :mod:`budget`, grid events in :mod:`gridevent`.
"""

from slurm_energy.decide.budget import over_budget
from slurm_energy.decide.draft import Case, Draft
from slurm_energy.decide.guard import (
    Subject,
    crowded,
    undeferrable,
    untouchable,
    users_near_limit,
)
from slurm_energy.decide.points import curve_cluster
from slurm_energy.model.decision import Action, Reason


def sort_out(draft: Draft, blocked: Reason | None) -> list[int]:
    """Write down every job that a rule settles; the rows that are left may be put off.

    ``blocked`` is a reason for putting nothing new off.
    """
    case = draft.case
    blocked = blocked or crowded(case.queue, case.policy, case.now)
    near_limit = users_near_limit(case.queue, case.policy)
    asking = []
    for row, subject in enumerate(case.subjects):
        if _ruled(draft, row):
            continue
        crowding = Reason.LIMITS if subject.job.user in near_limit else blocked
        reason = crowding or _unaffordable(case, subject)
        if reason is None:
            asking.append(row)
        else:
            draft.settle(row, reason)
    draft.spread([row for row in draft.floors if draft.actions[row] is Action.DEFER])
    return asking


def _ruled(draft: Draft, row: int) -> bool:
    """Whether its own state or contract settles it; for all others a grid event is noted."""
    case, subject = draft.case, draft.case.subjects[row]
    if reason := untouchable(subject):
        draft.set(row, Action.LEAVE, reason)
        if reason is Reason.RESERVED and subject.our_begin(case.now) is not None:
            # Somebody reserved nodes for a job that we had put off: they must not stand idle.
            draft.run(row, reason)
        return True
    if reason := undeferrable(subject, case.promises[row], case.now):
        draft.run(row, reason)
        return True
    floor = case.power.floor(subject, case.promises[row].latest_start, case.now)
    if floor is not None:
        draft.floors[row] = floor
    return False


def _unaffordable(case: Case, subject: Subject) -> Reason | None:
    """The budget that permits no delay to this job; without a signal nobody asks for one."""
    priced = case.curves.get(curve_cluster(subject.job), {})
    if priced.get(subject.annotation.contract.workload_class) is None:
        return None
    return over_budget(case.spent, case.policy.budgets, subject)
