"""The newest runs of one group of jobs, in a few bytes each."""

from array import array
from bisect import insort

import numpy as np

from slurm_energy.decide.survival import Curves, counts, smoothed_counts

LONGEST = (1 << 29) - 1
"""Seconds of the longest run that is told apart: 17 years."""
_FEW = 64


class Recent:
    """At most ``most`` runs, those that ended last, whatever the order they are learned in."""

    __slots__ = ("_grid", "_most", "_runs", "_shape", "_since")

    def __init__(self, most: int) -> None:
        self._most = most
        # One number each, ordered by end: end, seconds, whether it was cut short.
        self._runs = array("q")
        self._since = 0
        self._shape = (0, 0)
        self._grid: tuple[Curves, Curves] | None = None

    def __len__(self) -> int:
        return len(self._runs)

    @property
    def newest(self) -> int:
        """When the last of them ended; 0 while there is none."""
        return self._runs[-1] >> 30 if self._runs else 0

    def add(self, end: int, run: int, *, cut_short: bool) -> bool:
        """Take a run in; whether the group now says something else.

        A large group says something else once a fiftieth of it is new: one run more among
        thousands is no reason to work out every distribution again.
        """
        insort(self._runs, end << 30 | min(run, LONGEST) << 1 | cut_short)
        if len(self._runs) > self._most:
            self._runs.pop(0)
        self._since += 1
        if self._since * 50 < len(self._runs):
            return False
        self._since, self._grid = 0, None
        return True

    def grid(self, slot: int, slots: int) -> tuple[Curves, Curves]:
        """(ended, at risk) by column, as :func:`~slurm_energy.decide.survival.counts` has it."""
        if self._grid is None or self._shape != (slot, slots):
            kept = np.array(self._runs, dtype=np.int64)
            count = smoothed_counts if len(kept) <= _FEW else counts
            self._grid = count((kept >> 1) & LONGEST, (kept & 1) == 0, slot, slots)
            self._shape = (slot, slots)
        return self._grid
