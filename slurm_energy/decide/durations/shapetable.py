"""A row for each distribution that pending jobs have, worked out again only when it changed."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from slurm_energy.decide.durations.groups import Groups
from slurm_energy.decide.durations.likeness import (
    ALL_JOBS,
    LEVELS,
    Chain,
    GroupKey,
    label,
    of_queue,
)
from slurm_energy.decide.durations.survival import NO_LIMIT, Curves, certain, cut, prior, updated
from slurm_energy.decide.gpus.speeds import Factors, Speeds

PARENT = 3.0
"""What the next broader group says counts as so many runs of the narrower one."""
FEWEST = 20
"""With fewer ended jobs in all, the time limit is all there is to go by."""
ENOUGH = 5
"""Runs from which on a group is named as the one a distribution was learned from."""
LIMIT_ALONE = "the time limit"
_AT_ONCE = 1024


class ShapeTable:
    """Rows of survival curves on one grid. ``typical`` seconds stand in for a missing limit."""

    def __init__(self, groups: Groups, speeds: Speeds, typical: int, slot: int, slots: int) -> None:
        self._groups = groups
        self._speeds = speeds
        self._factors: Mapping[int, Factors] = {}
        self._typical = typical
        self.slot, self.slots = slot, slots
        self._limits: list[int] = []
        self._chains: list[Chain] = []
        self._kinds: list[int] = []
        self._queues: list[int] = []
        self._rows: dict[tuple[Chain, int, int], int] = {}
        self._stale: set[int] = set()
        self.alive: Curves = np.empty((0, slots))
        self.label: list[str] = []
        self.samples: NDArray[np.int64] = np.empty(0, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._limits)

    def row(self, chain: Chain, limit: int | None, kind: int = 0) -> int:
        """The row of jobs in these groups with this limit, entered where it is new.

        ``kind`` codes the GPU type they are to run on; 0: as it was learned. Limits that end within
        the same slot are not told apart.
        """
        limit = NO_LIMIT if limit is None else -(-limit // self.slot) * self.slot
        found = self._rows.get((chain, limit, kind))
        if found is not None:
            return found
        row = self._rows[chain, limit, kind] = len(self._limits)
        self._limits.append(limit)
        self._chains.append(chain)
        self._kinds.append(kind)
        self.label.append("")
        self._stale.add(row)
        self._groups.rest(row, chain)
        self._queues.append(row)
        queue = of_queue(chain)
        if queue != chain:
            self._queues[row] = self.row(queue, limit, kind)
        return row

    def queues(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """By row, that of the same jobs if only their queue were known: itself, if that is all."""
        return np.array(self._queues, dtype=np.int64)[rows]

    def mark(self, rows: Iterable[int]) -> None:
        """These rows rest on something that changed."""
        self._stale.update(rows)

    def scale(self, factors: Mapping[int, Factors]) -> None:
        """From now on, by code of the GPU type a row is for, runs are scaled by these factors."""
        if factors is self._factors:
            return
        kinds = {*factors, *self._factors}
        changed = {one for one in kinds if factors.get(one) != self._factors.get(one)}
        self._factors = factors
        if changed:
            self.mark(row for row, kind in enumerate(self._kinds) if kind in changed)

    def refresh(self, rows: NDArray[np.int64]) -> bool:
        """Bring these rows up to date; whether any was not."""
        wanted = sorted(self._stale.intersection(rows.tolist())) if self._stale else []
        self._grow()
        for first in range(0, len(wanted), _AT_ONCE):
            self._work_out(wanted[first : first + _AT_ONCE])
        self._stale.difference_update(wanted)
        return bool(wanted)

    def _grow(self) -> None:
        """Room for every row, twice as much as before each time."""
        if len(self.alive) >= len(self):
            return
        room = max(2 * len(self.alive), len(self), 64)
        alive, samples = np.zeros((room, self.slots)), np.zeros(room, dtype=np.int64)
        alive[: len(self.alive)] = self.alive
        samples[: len(self.samples)] = self.samples
        self.alive, self.samples = alive, samples

    def _work_out(self, rows: Sequence[int]) -> None:
        chains = [self._chains[row] for row in rows]
        limits = np.array([self._limits[row] for row in rows], dtype=np.int64)
        factors = [self._factors.get(self._kinds[row], ()) for row in rows]
        self.alive[rows] = curves(
            self._groups, chains, limits, self._typical, self.slot, self.slots, factors
        )
        for row, chain in zip(rows, chains, strict=True):
            key, self.samples[row] = source(self._groups, chain)
            self.label[row] = LIMIT_ALONE if key is None else label(key) + self._scaled(row, key)

    def _scaled(self, row: int, key: GroupKey) -> str:
        """Which of the group's runs count otherwise on this row's GPU type; mostly nothing."""
        runs, factors = self._groups.runs(key), self._factors.get(self._kinds[row], ())
        code, number = (0, 0) if runs is None else runs.most_of(factors)
        words = self._speeds.words(code, self._kinds[row]) if number else ""
        return f", {number} on {words}" if words else ""


def curves(
    groups: Groups,
    chains: Sequence[Chain],
    limits: NDArray[np.int64],
    typical: int,
    slot: int,
    slots: int,
    factors: Sequence[Factors],
) -> Curves:
    """One curve per chain: from what the limit says, each narrower group corrects the broader.

    ``factors``, one for each chain, are what run times are multiplied by; the limit never is.
    """
    if not informed(groups):
        return certain(limits, typical, slot, slots)
    found = prior(limits, typical, slot, slots)
    nothing = np.zeros(slots), np.zeros(slots)
    for level in reversed(range(LEVELS)):
        known = [groups.runs(chain[level]) for chain in chains]
        if any(known):
            pairs = [
                one.grid(slot, slots, by) if one else nothing
                for one, by in zip(known, factors, strict=True)
            ]
            ended, at_risk = (np.stack(column) for column in zip(*pairs, strict=True))
            found = updated(found, ended, at_risk, PARENT)
    return cut(found, limits, slot)


def source(groups: Groups, chain: Chain) -> tuple[GroupKey | None, int]:
    """What a curve was learned from: the most specific group with enough runs, and how many.

    None where the time limit is all there is.
    """
    if not informed(groups):
        return None, 0
    sizes = ((key, len(groups.runs(key) or ())) for key in chain if key is not None)
    key, size = next((key, size) for key, size in sizes if size >= ENOUGH)
    return key, size


def informed(groups: Groups) -> bool:
    """Whether enough has ended to say more than the time limit does."""
    return len(groups.runs(ALL_JOBS) or ()) >= FEWEST
