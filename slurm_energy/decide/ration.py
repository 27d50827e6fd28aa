"""The budgets' word on a plan: what they do not permit is taken back from the draft.

Which jobs that are is worked out in :mod:`allot`.
"""

from collections.abc import Iterator

import numpy as np

from slurm_energy.decide.columns.coded import ACTIONS, REASONS, Coded
from slurm_energy.decide.draft import Draft
from slurm_energy.decide.rules.allot import Wanted, allot
from slurm_energy.decide.rules.gridevent import NOBODYS_CHOICE
from slurm_energy.model.budget import Spent
from slurm_energy.model.decision import Action, Reason


def within_budgets(draft: Draft) -> Spent:
    """Take back what the budgets do not permit; what is spent after this plan."""
    case = draft.case
    result = allot(
        case.spent,
        case.policy.budgets,
        case.queue,
        case.subjects,
        list(_put_off(draft)) if case.policy.budgets.bound else [],
        case.policy.typical_run,
        case.now,
    )
    for row, reason in result.refused.items():
        draft.begin[row] = 0
        draft.as_it_is(np.array([row]), reason)
    for row, begin in result.kept.items():
        draft.begin[row] = begin
    released = np.array(sorted(result.released), dtype=np.int64)
    draft.begin[released] = 0
    draft.run(released, Reason.IDLE_SPENT)
    return result.spent


def _put_off(draft: Draft) -> Iterator[Wanted]:
    """Every job that is put off after this plan, whether it was asked in this turn or not."""
    case = draft.case
    actions = Coded(ACTIONS, draft.actions)
    for row, (subject, action) in enumerate(zip(case.subjects, actions, strict=True)):
        if action is Action.DEFER:
            yield _deferred(draft, row)
        elif action is Action.LEAVE and not subject.held.theirs:
            begin = subject.our_begin(case.now)
            if begin is not None and not subject.job.is_sibling:
                yield Wanted(row, begin, 0.0, fixed=True)


def _deferred(draft: Draft, row: int) -> Wanted:
    """A job that this plan puts off, and what that saves."""
    begin, job = int(draft.begin[row]), draft.case.subjects[row].job
    if REASONS[draft.reasons[row]] in NOBODYS_CHOICE:
        return Wanted(row, begin, 0.0, fixed=True)
    saved = float(draft.price_first[row] - draft.price_chosen[row])
    work = max(1, job.gpus) * (job.time_limit or draft.case.policy.typical_run)
    return Wanted(row, begin, saved * work)
