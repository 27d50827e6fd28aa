"""Room for those who must start: what nothing may stop has to leave it free, or they start sooner.

A job that runs in one piece holds its units until it ends. On a cluster full of such jobs a latest
start is worth nothing unless units come free by then. So whoever waits is counted from his latest
start on, beside what runs and is expected: where that is more than the cluster with some certainty,
those who are due by then go now, while there is room, and those who may wait longer leave it.
"""

import numpy as np
from numpy.typing import NDArray

from slurm_energy.decide.answered import Answers
from slurm_energy.decide.congestion import Wishes
from slurm_energy.decide.expected import AHEAD
from slurm_energy.decide.floor import Floor
from slurm_energy.decide.price import Values
from slurm_energy.decide.prices import Index
from slurm_energy.decide.shares import room, unsure_of_others

SURE = 1.0
"""Standard deviations of what is taken for which room is kept."""
NEAR = 2
"""Slots that stay in hand: nobody's last moment is planned with."""


def in_time(floor: Floor, wishes: Wishes, told: Answers) -> Answers:
    """The answers as they were told; where room runs short, least slack first of this cluster's.

    Concerns jobs that run in one piece and could go in this slot.
    """
    slots = AHEAD // floor.prices.slot
    limit = room(floor.stage, slots)
    rows = floor.block[(floor.first[floor.block] == 0) & (floor.units[floor.block] > 0)]
    if limit is None or not len(rows):
        return told
    limit = limit / (1 - floor.stage.policy.headroom)
    last = _last(floor, rows, slots)
    now = told.column("begin")[rows] <= floor.stage.now
    books = _Books(floor, wishes, limit)
    due = _due(books, rows, last, now)
    if due < 0:
        return told
    begin = told.told.begin[told.place[rows]].copy()
    goes = last <= due
    begin[goes] = floor.earliest[rows[goes]]
    held = _held(books, rows, last, now & ~goes, goes)
    begin[held] = floor.prices.start + floor.prices.slot
    return told.moved(rows, begin)


def _last(floor: Floor, rows: Index, slots: int) -> Index:
    """By row, the slot in which it must start: some before its latest start."""
    slack = floor.stage.applicants.latest[rows] - floor.stage.now
    return np.clip(slack // floor.prices.slot - NEAR, 0, slots)


class _Books:
    """What is taken by slot from now on: its mean and its variance."""

    def __init__(self, floor: Floor, wishes: Wishes, limit: Values) -> None:
        self.slots, self.limit = len(limit), limit
        self._alive = wishes.alive[:, : self.slots]
        self._alive = np.pad(self._alive, ((0, 0), (0, self.slots - self._alive.shape[1])))
        self._shape, self._units = floor.shape, floor.units
        self.mean = wishes.base[: self.slots].copy()
        self.unsure = unsure_of_others(floor.stage, self.slots)
        self._expected(wishes, len(floor.block))

    def _expected(self, wishes: Wishes, own: int) -> None:
        asks = wishes.asks
        last = np.clip(asks.last[own:] - NEAR, asks.first[own:], self.slots)
        mean, unsure = self.load(asks.shape[own:], asks.units[own:], last)
        self.mean, self.unsure = self.mean + mean, self.unsure + unsure

    def load(self, shape: Index, units: Values, start: Index) -> tuple[Values, Values]:
        """Mean and variance by slot of what starts so."""
        mean, unsure = np.zeros(self.slots), np.zeros(self.slots)
        for one in np.unique(shape).tolist():
            mine, alive = shape == one, self._alive[one]
            many = np.bincount(start[mine], units[mine], self.slots + 1)[: self.slots]
            mean += np.convolve(many, alive)[: self.slots]
            square = np.bincount(start[mine], units[mine] ** 2, self.slots + 1)[: self.slots]
            unsure += np.convolve(square, alive * (1 - alive))[: self.slots]
        return mean, unsure

    def of(self, rows: Index, start: Index) -> tuple[Values, Values]:
        """The same of applicants."""
        return self.load(self._shape[rows], self._units[rows], start)

    def short(self, mean: Values, unsure: Values) -> NDArray[np.bool_]:
        """In which slots more is taken than there is."""
        return np.asarray(
            self.mean + mean + SURE * np.sqrt(self.unsure + unsure) > self.limit + 1e-9
        )


def _due(books: _Books, rows: Index, last: Index, now: NDArray[np.bool_]) -> int:
    """The last slot with too little room for those who must start by then; -1: none.

    Slots in which nobody waiting is due say nothing.
    """
    waits = ~now
    if not waits.any():
        return -1
    short = books.short(*books.of(rows, np.where(now, 0, last)))
    asked = np.zeros(books.slots + 1, dtype=np.bool_)
    asked[last[waits]] = True
    found = np.flatnonzero(short & asked[: books.slots])
    return int(found[-1]) if len(found) else -1


def _held(
    books: _Books, rows: Index, last: Index, asks: NDArray[np.bool_], goes: NDArray[np.bool_]
) -> Index:
    """Those of ``asks`` that leave their room to who must go: positions in ``rows``."""
    mean, unsure = books.of(rows[~asks], np.where(goes, 0, last)[~asks])
    held = []
    for at in sorted(np.flatnonzero(asks).tolist(), key=lambda at: int(last[at])):
        one = np.array([at])
        more, vague = books.of(rows[one], np.zeros(1, dtype=np.int64))
        if books.short(mean + more, unsure + vague)[: int(last[at])].any():
            held.append(at)
        else:
            mean, unsure = mean + more, unsure + vague
    return np.array(held, dtype=np.int64)
