"""Members of an enumeration as a column of small numbers, read as a sequence of members."""

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import Generic, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from slurm_energy.model.decision import Action, Reason

M = TypeVar("M", bound=Enum)
Codes = NDArray[np.int8]
NONE = -1
"""In place of a code: no member."""

ACTIONS = tuple(Action)
REASONS = tuple(Reason)
ACTION = {member: code for code, member in enumerate(ACTIONS)}
REASON = {member: code for code, member in enumerate(REASONS)}


class Coded(Sequence[M], Generic[M]):
    """``codes``, shape (rows,), count from 0 in the order of ``members``."""

    __slots__ = ("codes", "members")

    def __init__(self, members: Sequence[M], codes: Codes | None = None) -> None:
        self.members = members
        self.codes = np.zeros(0, dtype=np.int8) if codes is None else codes

    def more(self, found: Iterable[M]) -> "Coded[M]":
        """These, then the members in ``found``."""
        index = {member: code for code, member in enumerate(self.members)}
        codes = np.array([index[member] for member in found], dtype=np.int8)
        return Coded(self.members, np.append(self.codes, codes))

    def counts(self) -> dict[M, int]:
        """How often each member is there, those that are."""
        found = np.bincount(self.codes, minlength=len(self.members)).tolist()
        return {one: count for one, count in zip(self.members, found, strict=True) if count}

    def __len__(self) -> int:
        return len(self.codes)

    @overload
    def __getitem__(self, row: int) -> M: ...
    @overload
    def __getitem__(self, row: slice) -> "Coded[M]": ...
    def __getitem__(self, row: int | slice) -> "M | Coded[M]":
        if isinstance(row, slice):
            return Coded(self.members, self.codes[row])
        return self.members[int(self.codes[row])]

    def __iter__(self) -> Iterator[M]:
        return map(self.members.__getitem__, self.codes.tolist())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(list(self))
