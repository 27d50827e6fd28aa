"""A plan while it is written: what it is made from (:class:`Case`), and its rows so far."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slurm_energy.decide.columns.census import Census
from slurm_energy.decide.columns.coded import ACTION, REASON, REASONS, Codes
from slurm_energy.decide.columns.rows import Index, Rows
from slurm_energy.decide.market.answered import Answers
from slurm_energy.decide.power.powernow import PowerNow
from slurm_energy.decide.pricing.price import Line
from slurm_energy.decide.rules.gridevent import ABOVE_EVENTS, NOBODYS_CHOICE
from slurm_energy.decide.rules.guard import Subject
from slurm_energy.decide.rules.promises import Promises
from slurm_energy.decide.scoring.points import CurvesByCluster
from slurm_energy.decide.spread import spread
from slurm_energy.model.budget import Spent
from slurm_energy.model.decision import Action, Reason
from slurm_energy.model.job import Queue
from slurm_energy.model.policy import Policy

CHOSEN = np.array([reason not in NOBODYS_CHOICE for reason in REASONS])
"""By reason, whether somebody chose it."""


@dataclass(frozen=True, slots=True)
class Case:
    """What a plan is made from; row ``i`` of ``rows`` and ``promises`` is ``subjects[i]``."""

    queue: Queue
    census: Census
    subjects: Sequence[Subject]
    rows: Rows
    lines: Sequence[Line]
    """What the numbers in ``rows.line`` mean."""
    promises: Promises
    curves: CurvesByCluster
    policy: Policy
    now: int
    spent: Spent
    power: PowerNow


@dataclass(slots=True)
class Draft:
    """A plan being written: every job starts now, until something says otherwise.

    ``rows`` are always numbers of rows, in an array.
    """

    case: Case
    actions: Codes
    reasons: Codes
    begin: Index
    price_first: NDArray[np.float64]
    price_chosen: NDArray[np.float64]
    answers: Answers
    floors: Index
    """The first start that a grid event leaves; 0: none concerns it."""

    @classmethod
    def of(cls, case: Case) -> "Draft":
        """Nothing is decided yet."""
        count = len(case.subjects)
        return cls(
            case,
            actions=np.full(count, ACTION[Action.RUN], dtype=np.int8),
            reasons=np.full(count, REASON[Reason.CLEAN_NOW], dtype=np.int8),
            begin=np.zeros(count, dtype=np.int64),
            price_first=np.full(count, np.nan),
            price_chosen=np.full(count, np.nan),
            answers=Answers.none(count),
            floors=np.zeros(count, dtype=np.int64),
        )

    def set(self, rows: Index, action: Action, reason: Reason) -> None:
        """What becomes of the jobs and why; their begin times stay as they are written."""
        self.actions[rows], self.reasons[rows] = ACTION[action], REASON[reason]

    def defer(self, rows: Index, begin: Index, reason: Reason) -> None:
        """Eligible at ``begin``, for a start in its slot: see :meth:`spread`."""
        self.set(rows, Action.DEFER, reason)
        self.begin[rows] = begin

    def run(self, rows: Index, reason: Reason) -> None:
        """Eligible at once, or at the user's own begin: only a begin time of ours is taken back."""
        case = self.case
        self.set(rows, Action.RUN, reason)
        earliest = np.maximum(case.now, case.rows.floor[rows])
        back = np.maximum(case.now, case.rows.eligible[rows]) > earliest
        self.begin[rows] = np.where(back, earliest, self.begin[rows])

    def as_it_is(self, rows: Index, reason: Reason) -> None:
        """Nothing new is put off; what was put off stays so: letting it loose would help nobody."""
        put_off = self.case.rows.given[rows] > self.case.now
        self.set(rows, Action.RUN, reason)
        self.actions[rows[put_off]] = ACTION[Action.LEAVE]

    def settle(self, rows: Index, reason: Reason) -> None:
        """Nothing new is put off by our choice; a grid event is nobody's choice."""
        floors = self.floors[rows]
        events = (floors > 0) & (reason not in ABOVE_EVENTS)
        self.as_it_is(rows[~events], reason)
        rows, floors = rows[events], floors[events]
        far = self.case.rows.ours(self.case.now)[rows] >= floors
        self.set(rows[far], Action.LEAVE, Reason.GRID_EVENT)
        self.defer(rows[~far], floors[~far], Reason.GRID_EVENT)

    def put_off(self, rows: Index) -> Index:
        """Those of them that are put off by now."""
        return np.asarray(rows[self.actions[rows] == ACTION[Action.DEFER]])

    def spread(self, rows: Index) -> None:
        """Begin times of one slot do not expire together."""
        if not len(rows):
            return
        case, known = self.case, self.case.rows
        chosen = CHOSEN[self.reasons[rows]]
        latest = np.maximum(case.promises.latest[rows], 0) - np.where(chosen, case.policy.slot, 0)
        self.begin[rows] = spread(
            start=case.power.after_events(self.begin[rows], latest),
            latest=latest,
            job_ids=known.job_id[rows],
            urgency=known.urgency[rows],
            kept=known.ours(case.now)[rows],
            slot=case.policy.slot,
        )
