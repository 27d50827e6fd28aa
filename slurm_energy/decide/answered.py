"""The market's answers as columns; one of them is an :class:`~.stage.Answer` on demand."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, overload

import numpy as np

from slurm_energy.decide.price import Values
from slurm_energy.decide.prices import Index
from slurm_energy.decide.rows import Mask
from slurm_energy.decide.shapes import Shapes, slots_until
from slurm_energy.decide.stage import Answer

_NOBODY = -1
_HALF, _MOST = 0.5, 0.9
"""Shares of runs that have ended by an answer's ``median`` and ``long``."""


class AnswerColumns(NamedTuple):
    """What some applicants answered; the fields are those of an answer, shapes are (answers,)."""

    begin: Index
    at_once: Values
    chosen: Values
    later: Values
    waiting: Values
    congestion: Values
    shape: Index

    @classmethod
    def room(cls, count: int) -> "AnswerColumns":
        """Room for so many answers."""
        whole, real = np.zeros(count, dtype=np.int64), np.full(count, np.nan)
        return cls(whole, *(real.copy() for _ in range(5)), whole.copy())


@dataclass(frozen=True, slots=True)
class Answers(Sequence[Answer | None]):
    """Row ``i`` answered ``told`` at ``place[i]``; -1: it was not asked, or told nothing."""

    place: Index
    told: AnswerColumns
    shapes: Shapes | None

    @classmethod
    def none(cls, count: int) -> "Answers":
        """Nobody was asked."""
        return cls(np.full(count, _NOBODY), AnswerColumns.room(0), None)

    @property
    def known(self) -> Mask:
        """Who answered."""
        return self.place != _NOBODY

    def placed(self, rows: Index, count: int) -> "Answers":
        """These answers, in order, as those of ``rows`` of ``count``."""
        place = np.full(count, _NOBODY)
        place[rows] = self.place
        return replace(self, place=place)

    def column(self, name: str) -> Values:
        """A field of every answer as a real number, shape (rows,); NaN: none."""
        found = np.full(len(self), np.nan)
        known = self.known
        found[known] = getattr(self.told, name)[self.place[known]]
        return found

    def __len__(self) -> int:
        return len(self.place)

    @overload
    def __getitem__(self, row: int) -> Answer | None: ...
    @overload
    def __getitem__(self, row: slice) -> "Answers": ...
    def __getitem__(self, row: int | slice) -> "Answer | Answers | None":
        if isinstance(row, slice):
            return replace(self, place=self.place[row])
        at = int(self.place[row])
        if at == _NOBODY or self.shapes is None:
            return None
        *own, shape = (column[at].item() for column in self.told)
        shapes = self.shapes
        alive = shapes.alive[shape : shape + 1]
        median, long = (
            int(slots_until(alive, share)[0]) * shapes.slot for share in (_HALF, _MOST)
        )
        label, samples = shapes.label[shape], int(shapes.samples[shape])
        return Answer(*own, median, long, label, samples, alive[0])
