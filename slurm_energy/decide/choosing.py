"""The market's answers as rows of the plan: see :func:`choose`."""

import numpy as np

from slurm_energy.decide.columns.coded import NONE
from slurm_energy.decide.columns.rows import Index, Mask
from slurm_energy.decide.draft import Draft
from slurm_energy.decide.market.answered import Answers
from slurm_energy.model.decision import Action, Reason


def choose(draft: Draft, rows: Index, answers: Answers, even: Mask) -> None:
    """Write the market's answers down; what is put off is spread over its slot.

    ``even``: who of ``rows`` goes because his account has waited enough.
    """
    draft.answers = answers.placed(rows, len(draft.case.subjects))
    _unanswered(draft, rows[~answers.known])
    _answered(draft, rows[answers.known], even[answers.known])
    draft.spread(draft.put_off(rows))


def _unanswered(draft: Draft, rows: Index) -> None:
    """Their signals are missing, or end before their runs would."""
    if not len(rows):
        return
    event = draft.floors[rows] > 0
    dark = _dark(draft)[draft.case.rows.line[rows]]
    draft.settle(rows[event], Reason.NO_SIGNAL)
    draft.set(rows[~event & dark], Action.LEAVE, Reason.NO_SIGNAL)
    draft.as_it_is(rows[~event & ~dark], Reason.SHORT_SIGNAL)


def _dark(draft: Draft) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """By line, whether no signal tells its prices."""
    case = draft.case
    curves = [case.curves.get(cluster, {}).get(name) for cluster, name, _ in case.lines]
    return np.array([curve is None or len(curve.values) == 0 for curve in curves], dtype=np.bool_)


def _answered(draft: Draft, rows: Index, even: Mask) -> None:
    """They go when the market says, or when the grid event that they would meet is over."""
    case, told = draft.case, draft.answers.told
    place = draft.answers.place[rows]
    draft.price_first[rows], draft.price_chosen[rows] = told.at_once[place], told.chosen[place]
    begin, floor = told.begin[place], case.rows.floor[rows]
    event = begin == draft.floors[rows]
    later = ~event & (begin > np.maximum(case.now, floor))
    goes = ~event & ~later
    draft.defer(rows[event], begin[event], Reason.GRID_EVENT)
    draft.defer(rows[later], begin[later], Reason.CLEANER_LATER)
    power = later & (told.power[place] != NONE)
    draft.reasons[rows[power]] = told.power[place][power]
    draft.run(rows[goes & (floor > case.now)], Reason.BEGIN_AHEAD)
    ready = goes & (floor <= case.now)
    draft.run(rows[ready & ~even], Reason.CLEAN_NOW)
    draft.run(rows[ready & even], Reason.ACCOUNT_EVEN)
