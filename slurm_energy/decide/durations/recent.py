"""The newest runs of one group of jobs, in a few bytes each."""

from array import array
from bisect import bisect_left, insort

import numpy as np

from slurm_energy.decide.durations.survival import Curves, Seconds, counts, smoothed_counts
from slurm_energy.decide.gpus.speeds import Factors

LONGEST = (1 << 26) - 1
"""Seconds of the longest run that is told apart: two years."""
_FEW = 64
_END, _RUN, _CUT_SHORT, _KIND = 31, 5, 1 << 4, 15
"""Where in a number a run's end, its seconds, whether it was cut short and its GPU type stand."""
_MOST_GRIDS = 4
"""GPU types whose grids are kept."""


class Recent:
    """At most ``most`` runs, those that ended last, whatever the order they are learned in."""

    __slots__ = ("_grids", "_most", "_runs", "_shape", "_since")

    def __init__(self, most: int) -> None:
        self._most = most
        # One number each, ordered by end: end, seconds, whether it was cut short, GPU type.
        self._runs = array("q")
        self._since = 0
        self._shape = (0, 0)
        self._grids: dict[Factors, tuple[Curves, Curves]] = {}

    def __len__(self) -> int:
        return len(self._runs)

    @property
    def newest(self) -> int:
        """When the last of them ended; 0 while there is none."""
        return self._runs[-1] >> _END if self._runs else 0

    def add(self, end: int, run: int, *, cut_short: bool, kind: int = 0) -> bool:
        """Take a run in; whether the group now says something else.

        ``kind`` is the code of its GPU type, 0 to 15; 0: none, or not known.

        A large group says something else once a fiftieth of it is new: one run more among
        thousands is no reason to work out every distribution again.
        """
        insort(self._runs, _number(end, run, cut_short, kind))
        if len(self._runs) > self._most:
            self._runs.pop(0)
        self._since += 1
        if self._since * 50 < len(self._runs):
            return False
        self._since, self._grids = 0, {}
        return True

    def drop(self, end: int, run: int, *, cut_short: bool, kind: int = 0) -> bool:
        """Forget one such run; whether there was one. What replaces it is to be added."""
        number = _number(end, run, cut_short, kind)
        place = bisect_left(self._runs, number)
        if place == len(self._runs) or self._runs[place] != number:
            return False
        self._runs.pop(place)
        return True

    def grid(self, slot: int, slots: int, factors: Factors = ()) -> tuple[Curves, Curves]:
        """(ended, at risk) by column, as :func:`~.survival.counts` has it.

        ``factors`` are what the seconds are multiplied by, by GPU type; empty: nothing is.
        """
        if self._shape != (slot, slots) or len(self._grids) > _MOST_GRIDS:
            self._grids, self._shape = {}, (slot, slots)
        if factors not in self._grids:
            alike = factors and not self.most_of(factors)[1]
            self._grids[factors] = (
                self.grid(slot, slots) if alike else self._counted(slot, slots, factors)
            )
        return self._grids[factors]

    def most_of(self, factors: Factors) -> tuple[int, int]:
        """The most frequent GPU type whose runs these factors change, and their number; (0, 0)."""
        kinds = np.bincount(np.array(self._runs, dtype=np.int64) & _KIND, minlength=len(factors))
        changed = [(int(kinds[code]), -code) for code, by in enumerate(factors) if by != 1]
        number, code = max(changed, default=(0, 0))
        return (-code, number) if number else (0, 0)

    def _counted(self, slot: int, slots: int, factors: Factors) -> tuple[Curves, Curves]:
        kept = np.array(self._runs, dtype=np.int64)
        count = smoothed_counts if len(kept) <= _FEW else counts
        runs = scaled((kept >> _RUN) & LONGEST, kept & _KIND, factors)
        return count(runs, (kept & _CUT_SHORT) == 0, slot, slots)


def _number(end: int, run: int, cut_short: bool, kind: int) -> int:
    return end << _END | min(run, LONGEST) << _RUN | cut_short * _CUT_SHORT | kind


def scaled(runs: Seconds, kinds: Seconds, factors: Factors) -> Seconds:
    """Run times as they would be on another GPU type, at least a second; shape (runs,)."""
    if not factors:
        return runs
    by = np.ones(_KIND + 1)
    by[: len(factors)] = factors
    return np.maximum(1, np.rint(runs * by[kinds])).astype(np.int64)
