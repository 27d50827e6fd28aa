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
        whole, real = np.zeros((2, count), dtype=np.int64), np.full((5, count), np.nan)
        return cls(whole[0], real[0], real[1], real[2], real[3], real[4], whole[1])


@dataclass(frozen=True, slots=True, eq=False)
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
        return np.asarray(self.place != _NOBODY)

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
        told, shapes = self.told, self.shapes
        shape = int(told.shape[at])
        alive = shapes.alive[shape : shape + 1]
        return Answer(
            begin=int(told.begin[at]),
            at_once=float(told.at_once[at]),
            chosen=float(told.chosen[at]),
            later=float(told.later[at]),
            waiting=float(told.waiting[at]),
            congestion=float(told.congestion[at]),
            median=int(slots_until(alive, _HALF)[0]) * shapes.slot,
            long=int(slots_until(alive, _MOST)[0]) * shapes.slot,
            learned_from=shapes.label[shape],
            samples=int(shapes.samples[shape]),
            alive=alive[0],
        )
