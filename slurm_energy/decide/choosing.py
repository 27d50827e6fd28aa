"""The market's answers as rows of the plan: see :func:`choose`."""

from collections.abc import Sequence

from slurm_energy.decide.draft import Draft
from slurm_energy.decide.points import curve_cluster
from slurm_energy.decide.stage import Answer
from slurm_energy.model.decision import Action, Reason


def choose(draft: Draft, rows: Sequence[int], answers: Sequence[Answer | None]) -> None:
    """Write the market's answers down; what is put off is spread over its slot."""
    for row, answer in zip(rows, answers, strict=True):
        draft.answers[row] = answer
        if answer is None:
            _unanswered(draft, row)
        else:
            _answered(draft, row, answer)
    draft.spread([row for row in rows if draft.actions[row] is Action.DEFER])


def _unanswered(draft: Draft, row: int) -> None:
    """Its signals are missing, or end before its run would."""
    subject = draft.case.subjects[row]
    priced = draft.case.curves.get(curve_cluster(subject.job), {})
    curve = priced.get(subject.annotation.contract.workload_class)
    if row in draft.floors:
        draft.settle(row, Reason.NO_SIGNAL)
    elif curve is None or len(curve.values) == 0:
        draft.set(row, Action.LEAVE, Reason.NO_SIGNAL)
    else:
        draft.as_it_is(row, Reason.SHORT_SIGNAL)


def _answered(draft: Draft, row: int, answer: Answer) -> None:
    """It goes when the market says, or when the grid event that it would meet is over."""
    subject, now = draft.case.subjects[row], draft.case.now
    draft.price_first[row], draft.price_chosen[row] = answer.at_once, answer.chosen
    if answer.begin == draft.floors.get(row):
        draft.defer(row, answer.begin, Reason.GRID_EVENT)
    elif answer.begin > max(now, subject.begin_floor):
        draft.defer(row, answer.begin, answer.power or Reason.CLEANER_LATER)
    else:
        ahead = subject.begin_floor > now
        draft.run(row, Reason.BEGIN_AHEAD if ahead else Reason.CLEAN_NOW)
