"""Columns that are kept from turn to turn: what is the same object as before keeps its row.

The one law: whatever came before, :meth:`Kept.again` gives the columns that working out every row
anew would give. It holds as long as a row rests on its object alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from slurm_energy.decide.recognise import NEW, places

T = TypeVar("T")
C = TypeVar("C", bound=tuple[NDArray[Any], ...])
"""A named tuple of columns, each of shape (rows,)."""

_AT_ONCE = 1024
"""Things that are worked out together: few enough to stay near the processor meanwhile."""


@dataclass(frozen=True, slots=True)
class Kept(Generic[T, C]):
    """Row ``i`` of ``columns`` is worked out from ``things[i]``."""

    things: Sequence[T]
    columns: C
    worked: int
    """Rows that the last turn worked out anew."""

    @classmethod
    def anew(cls, things: Sequence[T], work_out: Callable[[Sequence[T]], C]) -> "Kept[T, C]":
        """Every row worked out."""
        return cls(tuple(things), _in_pieces(things, work_out), len(things))

    def again(self, things: Sequence[T], work_out: Callable[[Sequence[T]], C]) -> "Kept[T, C]":
        """The columns of ``things``; only what is another object than before is worked out."""
        if not self.things:
            return Kept.anew(things, work_out)
        rows = places(things, self.things)
        if rows is None:
            return self if self.worked == 0 else Kept(self.things, self.columns, 0)
        fresh = np.flatnonzero(rows == NEW)
        if len(things) == len(self.things) and _at_home(rows):
            columns = copied(self.columns)
        else:
            columns = taken(self.columns, rows)
        if len(fresh):
            found = _in_pieces([things[row] for row in fresh.tolist()], work_out)
            for column, new in zip(columns, found, strict=True):
                column[fresh] = new
        return Kept(tuple(things), columns, len(fresh))


def _at_home(rows: NDArray[np.int64]) -> bool:
    """Whether each that is not new is where it was."""
    return bool(((rows == np.arange(len(rows))) | (rows == NEW)).all())


def _in_pieces(things: Sequence[T], work_out: Callable[[Sequence[T]], C]) -> C:
    """The columns of these things: every attribute of some, before any of the next."""
    starts = range(0, len(things), _AT_ONCE)
    pieces = [work_out(things[start : start + _AT_ONCE]) for start in starts]
    if len(pieces) < 2:
        return pieces[0] if pieces else work_out(things)
    return type(pieces[0])(*map(np.concatenate, zip(*pieces, strict=True)))


def taken(columns: C, rows: NDArray[Any] | slice) -> C:
    """These rows of every column."""
    return type(columns)(*(column[rows] for column in columns))


def copied(columns: C) -> C:
    """Every column anew, which is faster than to take each of its rows."""
    return type(columns)(*(column.copy() for column in columns))


def joined(columns: C, others: C) -> C:
    """The rows of the one, then those of the other."""
    pairs = zip(columns, others, strict=True)
    return type(columns)(*(np.concatenate(pair) for pair in pairs))
