"""The jobs that may choose, as columns; one of them is an :class:`~.stage.Applicant` on demand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np

from slurm_energy.decide.columns.kept import joined
from slurm_energy.decide.columns.rows import Index, Lines, Mask, Rows, rows_of
from slurm_energy.decide.market.stage import Applicant
from slurm_energy.decide.pricing.price import Line
from slurm_energy.decide.rules.guard import Subject
from slurm_energy.decide.rules.promises import Grounds


@dataclass(frozen=True, slots=True)
class Applicants(Sequence[Applicant]):
    """Shapes are (applicants,); times are seconds since the epoch."""

    subjects: Sequence[Subject]
    rows: Rows
    lines: Sequence[Line]
    """What the numbers in ``rows.line`` mean."""
    earliest: Index
    latest: Index
    kept: Index
    """The begin time that it has from us already; 0: none."""

    @classmethod
    def of(cls, applicants: Sequence[Applicant]) -> "Applicants":
        """The columns of applicants one by one."""
        subjects, lines = [one.subject for one in applicants], Lines()
        earliest, latest, kept = (
            np.array([getattr(one, name) for one in applicants], dtype=np.int64)
            for name in ("earliest", "latest", "kept")
        )
        rows = rows_of(subjects, lines, Grounds.none())
        return cls(subjects, rows, lines.known, earliest, latest, kept)

    def more(self, others: "Applicants") -> "Applicants":
        """These, then the others, whose lines have the same numbers."""
        if not len(others):
            return self
        return Applicants(
            [*self.subjects, *others.subjects],
            joined(self.rows, others.rows),
            self.lines,
            np.append(self.earliest, others.earliest),
            np.append(self.latest, others.latest),
            np.append(self.kept, others.kept),
        )

    @property
    def running(self) -> Mask:
        """Who has his share of the cluster already."""
        return self.rows.running

    def by_line(self, values: Sequence[int | bool]) -> Index:
        """By applicant, the value of its line; ``values`` are in the order of ``lines``."""
        return np.array(values, dtype=np.int64)[self.rows.line] if len(self) else self.rows.line

    def paid(self) -> set[Line]:
        """Whose prices they pay."""
        return {self.lines[number] for number in np.unique(self.rows.line).tolist()}

    def __len__(self) -> int:
        return len(self.subjects)

    @overload
    def __getitem__(self, row: int) -> Applicant: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[Applicant]: ...
    def __getitem__(self, row: int | slice) -> Applicant | Sequence[Applicant]:
        if isinstance(row, slice):
            return [self[number] for number in range(len(self))[row]]
        times = (int(column[row]) for column in (self.earliest, self.latest, self.kept))
        return Applicant(self.subjects[row], *times)
