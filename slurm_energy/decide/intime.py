"""Room for those who must start: who finds none for later goes now, while there is some.

A job that runs in one piece holds its units until it ends. On a cluster full of such jobs a latest
start is worth nothing unless units come free by then. So everybody who waits, least slack first,
has to find a slot with room beside what runs, goes now and is expected, with some certainty.
"""

import numpy as np

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
    """The answers as they were told, but now for those of this cluster who would find no room.

    Concerns jobs that run in one piece and could go in this slot.
    """
    slots = AHEAD // floor.prices.slot
    limit = room(floor.stage, slots)
    rows = floor.block[(floor.first[floor.block] == 0) & (floor.units[floor.block] > 0)]
    if limit is None or not len(rows):
        return told
    begin = told.told.begin[told.place[rows]]
    wanted = np.clip((begin - floor.prices.start) // floor.prices.slot, 0, slots)
    waits = np.flatnonzero(begin > floor.stage.now)
    books = _Books(floor, wishes, limit / (1 - floor.stage.policy.headroom))
    books.enter(np.delete(rows, waits), np.zeros(len(rows) - len(waits), dtype=np.int64))
    last = _last(floor, rows, slots)
    if not books.short(rows[waits], last[waits]):
        return told
    order = waits[np.lexsort((rows[waits], last[waits]))]
    goes = [at for at in order.tolist() if not books.finds(rows[at], wanted[at], last[at])]
    return told.moved(rows[goes], floor.earliest[rows[goes]])


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

    def enter(self, rows: Index, start: Index) -> None:
        """Write these applicants down."""
        mean, unsure = self.load(self._shape[rows], self._units[rows], start)
        self.mean, self.unsure = self.mean + mean, self.unsure + unsure

    def short(self, rows: Index, start: Index) -> bool:
        """Whether there is too little room for these beside what is written down."""
        mean, unsure = self.load(self._shape[rows], self._units[rows], start)
        taken = self.mean + mean + SURE * np.sqrt(self.unsure + unsure)
        return bool((taken > self.limit + 1e-9).any())

    def finds(self, row: int, wanted: int, last: int) -> bool:
        """Whether there is room for one: in the slot it wants, or else before its last.

        It is written down there, or as one that goes now.
        """
        taken = self.mean + SURE * np.sqrt(self.unsure) + self._units[row]
        free = np.flatnonzero(taken[1 : last + 1] <= self.limit[1 : last + 1] + 1e-9) + 1
        slot = wanted if wanted in free else int(free[-1]) if len(free) else 0
        if wanted < self.slots:
            self._write(row, slot)
        return slot > 0 or wanted >= self.slots <= last

    def _write(self, row: int, slot: int) -> None:
        alive, units = self._alive[self._shape[row]][: self.slots - slot], self._units[row]
        self.mean[slot:] += units * alive
        self.unsure[slot:] += units**2 * alive * (1 - alive)
