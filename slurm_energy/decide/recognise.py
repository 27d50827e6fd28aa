"""Who was there in the last turn: the same objects found again, whatever came, went or moved."""

from collections.abc import Sequence
from itertools import repeat
from operator import is_

import numpy as np
from numpy.typing import NDArray

NEW = -1
"""In place of a place: it was not there before."""
_AT_ONCE = 1024
"""Things that are compared in one step: for the same objects Python looks at addresses alone."""


def places(things: Sequence[object], before: Sequence[object]) -> NDArray[np.int64] | None:
    """By thing, its place in ``before``, or ``NEW``; None where nothing came, went or moved.

    Nothing is in ``before`` twice. Things equal in value at the same place may count as the same.
    """
    common = min(len(things), len(before))
    other = np.array(_others(things, before, common), dtype=np.int64)
    if not len(other) and len(things) == len(before):
        return None
    rows = np.arange(len(things))
    asking = np.append(other, np.arange(common, len(things)))
    moved = [*other.tolist(), *range(common, len(before))]
    was = {id(before[row]): row for row in moved}
    ids = map(id, map(things.__getitem__, asking.tolist()))
    rows[asking] = np.fromiter(map(was.get, ids, repeat(NEW)), np.int64, len(asking))
    return rows


def _others(things: Sequence[object], before: Sequence[object], common: int) -> list[int]:
    """Places up to ``common`` at which another object stands than before."""
    found: list[int] = []
    for start in range(0, common, _AT_ONCE):
        end = min(start + _AT_ONCE, common)
        here, there = list(things[start:end]), list(before[start:end])
        if here == there:
            continue
        same = np.fromiter(map(is_, here, there), np.bool_, end - start)
        found += (start + np.flatnonzero(~same)).tolist()
    return found
