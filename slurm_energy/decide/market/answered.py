"""The market's answers as columns; one of them is an :class:`~.stage.Answer` on demand."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, overload

import numpy as np

from slurm_energy.decide.columns.coded import NONE, REASON, REASONS, Codes
from slurm_energy.decide.columns.rows import Mask
from slurm_energy.decide.durations.shapes import Shapes, slots_until
from slurm_energy.decide.market.stage import Answer
from slurm_energy.decide.pricing.price import Values
from slurm_energy.decide.pricing.prices import Index

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
    raises: Values
    power: Codes
    """As a code, or ``NONE``."""

    @classmethod
    def room(cls, count: int) -> "AnswerColumns":
        """Room for so many answers."""
        whole, real = np.zeros((2, count), dtype=np.int64), np.full((5, count), np.nan)
        power = np.full(count, NONE, dtype=np.int8)
        return cls(
            whole[0], real[0], real[1], real[2], real[3], real[4], whole[1], np.zeros(count), power
        )


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

    def moved(self, rows: Index, begin: Index) -> "Answers":
        """These, with other begins in some rows; who was not asked stays so."""
        place = self.place[rows]
        asked = place != _NOBODY
        begins = self.told.begin.copy()
        begins[place[asked]] = begin[asked]
        return replace(self, told=self.told._replace(begin=begins))

    def changed(self, found: Mapping[int, Answer]) -> "Answers":
        """These, with other answers in some rows: begin, prices and what power did."""
        rows = self.place[np.array(list(found), dtype=np.int64)].tolist()
        told = self.told._replace(
            begin=self.told.begin.copy(),
            at_once=self.told.at_once.copy(),
            chosen=self.told.chosen.copy(),
            raises=self.told.raises.copy(),
            power=self.told.power.copy(),
        )
        for at, one in zip(rows, found.values(), strict=True):
            told.begin[at], told.at_once[at], told.chosen[at] = one.begin, one.at_once, one.chosen
            told.raises[at] = one.raises
            told.power[at] = NONE if one.power is None else REASON[one.power]
        return replace(self, told=told)

    def column(self, name: str) -> Values:
        """A field of every answer as a real number, shape (rows,); NaN: none."""
        found = np.full(len(self), np.nan)
        known = self.known
        found[known] = getattr(self.told, name)[self.place[known]]
        return found

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

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
        shape = int(self.told.shape[at])
        alive = self.shapes.alive[shape : shape + 1]
        median, long = (int(slots_until(alive, share)[0]) for share in (_HALF, _MOST))
        return self._answer(at, self.shapes, median, long)

    def __iter__(self) -> Iterator[Answer | None]:
        shapes = self.shapes
        if shapes is None:
            return iter([None] * len(self))
        half, most = (slots_until(shapes.alive, share).tolist() for share in (_HALF, _MOST))
        shape = self.told.shape.tolist()
        return (
            None if at == _NOBODY else self._answer(at, shapes, half[shape[at]], most[shape[at]])
            for at in self.place.tolist()
        )

    def _answer(self, at: int, shapes: Shapes, half: int, most: int) -> Answer:
        """One answer; half and most of such runs have ended after so many slots."""
        told, power = self.told, int(self.told.power[at])
        shape = int(told.shape[at])
        return Answer(
            begin=int(told.begin[at]),
            at_once=float(told.at_once[at]),
            chosen=float(told.chosen[at]),
            later=float(told.later[at]),
            waiting=float(told.waiting[at]),
            congestion=float(told.congestion[at]),
            median=half * shapes.slot,
            long=most * shapes.slot,
            learned_from=shapes.label[shape],
            samples=int(shapes.samples[shape]),
            alive=shapes.alive[shape],
            raises=float(told.raises[at]),
            power=None if power == NONE else REASONS[power],
        )
