"""A plan while it is written: what it is made from (:class:`Case`), and its rows so far."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slurm_energy.decide.gridevent import ABOVE_EVENTS, NOBODYS_CHOICE
from slurm_energy.decide.guard import Subject
from slurm_energy.decide.points import CurvesByCluster
from slurm_energy.decide.powernow import PowerNow
from slurm_energy.decide.promise import Promise
from slurm_energy.decide.spread import spread
from slurm_energy.decide.stage import Answer
from slurm_energy.model.budget import Spent
from slurm_energy.model.decision import Action, Reason
from slurm_energy.model.job import Queue
from slurm_energy.model.policy import Policy


@dataclass(frozen=True, slots=True)
class Case:
    """What a plan is made from; row ``i`` of ``promises`` is ``subjects[i]``."""

    queue: Queue
    subjects: Sequence[Subject]
    promises: Sequence[Promise]
    curves: CurvesByCluster
    policy: Policy
    now: int
    spent: Spent
    power: PowerNow


@dataclass(slots=True)
class Draft:
    """A plan being written: every job starts now, until something says otherwise."""

    case: Case
    actions: list[Action]
    reasons: list[Reason]
    begin: NDArray[np.int64]
    price_first: NDArray[np.float64]
    price_chosen: NDArray[np.float64]
    answers: list[Answer | None]
    floors: dict[int, int]
    """By row, the first start that a grid event leaves."""

    @classmethod
    def of(cls, case: Case) -> "Draft":
        """Nothing is decided yet."""
        count = len(case.subjects)
        return cls(
            case,
            actions=[Action.RUN] * count,
            reasons=[Reason.CLEAN_NOW] * count,
            begin=np.zeros(count, dtype=np.int64),
            price_first=np.full(count, np.nan),
            price_chosen=np.full(count, np.nan),
            answers=[None] * count,
            floors={},
        )

    def set(self, row: int, action: Action, reason: Reason) -> None:
        """What becomes of the job and why; its begin time stays as it is written."""
        self.actions[row], self.reasons[row] = action, reason

    def defer(self, row: int, begin: int, reason: Reason) -> None:
        """Eligible at ``begin``, for a start in its slot: see :meth:`spread`."""
        self.set(row, Action.DEFER, reason)
        self.begin[row] = begin

    def run(self, row: int, reason: Reason) -> None:
        """Eligible at once, or at the user's own begin: only a begin time of ours is taken back."""
        subject, now = self.case.subjects[row], self.case.now
        self.set(row, Action.RUN, reason)
        if subject.effective_begin(now) > max(now, subject.begin_floor):
            self.begin[row] = max(now, subject.begin_floor)

    def as_it_is(self, row: int, reason: Reason) -> None:
        """Nothing new is put off; what was put off stays so: letting it loose would help nobody."""
        ours = self.case.subjects[row].our_begin(self.case.now)
        self.set(row, Action.RUN if ours is None else Action.LEAVE, reason)

    def settle(self, row: int, reason: Reason) -> None:
        """Nothing new is put off by our choice; a grid event is nobody's choice."""
        floor = self.floors.get(row)
        if floor is None or reason in ABOVE_EVENTS:
            self.as_it_is(row, reason)
        elif (self.case.subjects[row].our_begin(self.case.now) or 0) >= floor:
            self.set(row, Action.LEAVE, Reason.GRID_EVENT)
        else:
            self.defer(row, floor, Reason.GRID_EVENT)

    def spread(self, rows: Sequence[int]) -> None:
        """Begin times of one slot do not expire together."""
        if not rows:
            return
        case = self.case
        subjects = [case.subjects[row] for row in rows]
        chosen = np.array([self.reasons[row] not in NOBODYS_CHOICE for row in rows])
        latest = np.array([case.promises[row].latest_start or 0 for row in rows], dtype=np.int64)
        latest -= np.where(chosen, case.policy.slot, 0)
        self.begin[rows] = spread(
            start=case.power.after_events(self.begin[rows], latest),
            latest=latest,
            job_ids=np.array([one.job.job_id for one in subjects], dtype=np.int64),
            urgency=np.array([one.annotation.contract.urgency for one in subjects], dtype=np.int64),
            kept=np.array([one.our_begin(case.now) or 0 for one in subjects], dtype=np.int64),
            slot=case.policy.slot,
        )
