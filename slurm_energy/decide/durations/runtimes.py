"""Run times learned from ended jobs: each pending job's distribution from jobs like it.

The groups of :mod:`likeness` form a chain from all jobs to this user's jobs of this name. Along it
each group corrects what the broader one says, with a weight that grows with its own runs, so there
is no threshold at which a prediction jumps. Memory is bounded, and the same ends learned in any
order give the same distributions (within a fiftieth of a large group, see :mod:`recent`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import repeat
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from slurm_energy.decide.durations.groups import Bounds, Groups
from slurm_energy.decide.durations.lesson import Lesson, Lessons
from slurm_energy.decide.durations.likeness import Traits, groups
from slurm_energy.decide.durations.namestem import stem
from slurm_energy.decide.durations.remembered import Remembered
from slurm_energy.decide.durations.shapes import Shapes
from slurm_energy.decide.durations.shapetable import ShapeTable, informed
from slurm_energy.decide.gpus.gputypes import Placed
from slurm_energy.decide.gpus.speeds import Series, Speeds
from slurm_energy.model.contract import Contract, WorkloadClass
from slurm_energy.model.decision import JobEnd
from slurm_energy.model.job import Job
from slurm_energy.model.power import PowerModel

_Place = tuple[str, str, str, int]
"""The fields of :class:`~..gpus.gputypes.Placed`."""
_Asked = tuple[tuple[str, str, str, str, int | None], WorkloadClass, _Place | None]
"""The last: where the job would run; None while run times are the same wherever that is."""
_asked = attrgetter("user", "account", "name", "partition", "time_limit")
_placed = attrgetter("cluster", "partition", "gpu_type", "gpus")
_MOST_NAMES = 200_000
_OLD = 1000
"""Questions after which a full table is begun anew: working out all of it takes a second."""
_NEW = -1


class History:
    """Implements :class:`.RunTimes` from the ends it was taught.

    ``typical_run`` seconds stand in for a missing time limit while nothing is known. ``speeds`` is
    what is known of GPU types; None: nothing, so nothing is scaled before it is learned.
    """

    def __init__(
        self,
        typical_run: int = 3600,
        bounds: Bounds | None = None,
        speeds: Speeds | None = None,
    ) -> None:
        self._typical = typical_run
        self._bounds = bounds or Bounds()
        self._speeds = speeds or Speeds(PowerModel())
        self._groups = Groups(self._bounds)
        self._lessons = Lessons()
        self._table = ShapeTable(self._groups, self._speeds, typical_run, 0, 0)
        self._known: dict[_Asked, int] = {}
        self._series: dict[tuple[_Asked, int], int] = {}
        self._remembered = Remembered()
        self._places = 0
        self._calls = 0
        self._last: Shapes | None = None
        self._used: NDArray[np.int64] = np.empty(0, dtype=np.int64)

    def learn(self, end: JobEnd, contract: Contract | None = None) -> None:
        """Take in how a job ended; ``contract`` is what was agreed for it, None: nothing was."""
        ran_on = self._speeds.types.ran(end)
        lesson = self._lessons.of(replace(end, gpu_type=ran_on), contract)
        if lesson is None:
            return
        self._compare(end, lesson)
        kind = WorkloadClass.UNMANAGED if contract is None else contract.workload_class
        traits = Traits(end.user, end.account, end.name, end.partition, kind, end.time_limit)
        code = self._speeds.code(lesson.gpu_type)
        was = 0 if lesson.instead is None else self._speeds.code(lesson.instead.gpu_type)
        self._table.mark(self._groups.learn(groups(traits), lesson, code, was))
        if self._groups.overfull:
            self._groups.forget()
            self._start_table(self._table.slot, self._table.slots)

    def _compare(self, end: JobEnd, lesson: Lesson) -> None:
        """What a job that did its work in one piece says of the GPUs it did it on."""
        series, old = Series(end.user, end.account, stem(end.name), end.gpus), lesson.instead
        if old is not None:
            self._speeds.unlearn(series, old.gpu_type, old.end, old.run)
        elif end.state == "COMPLETED" and lesson.run == lesson.end - (end.start or 0):
            self._speeds.learn(series, lesson.gpu_type, lesson.end, lesson.run)

    def shapes(
        self, jobs: Sequence[Job], classes: Sequence[WorkloadClass], slot: int, slots: int
    ) -> Shapes:
        """The distribution of each job's whole run time, ``slots`` columns of ``slot`` seconds.

        ``alive`` is the same array as last time while nothing that these jobs rest on changed.
        """
        factors = self._speeds.refresh()
        places = self._speeds.types.version + 1 if factors else 0
        grid = slot, slots, places
        if grid != (self._table.slot, self._table.slots, self._places) or self._outgrown():
            self._places = places
            self._start_table(slot, slots)
        self._table.scale(factors)
        self._calls += 1
        rows = self._rows(jobs, classes)
        used, row = _numbered(rows, len(self._table))
        changed = self._table.refresh(used)
        if self._last is None or changed or not np.array_equal(used, self._used):
            self._last, self._used = self._shown(used, row), used
        self._last = replace(self._last, row=row, queue=self._of_queue(rows))
        return self._last

    def _of_queue(self, rows: NDArray[np.int64]) -> Shapes | None:
        """The distributions of these rows' jobs if only their queue were known."""
        if not informed(self._groups):
            return None
        used, row = _numbered(self._table.queues(rows), len(self._table))
        self._table.refresh(used)
        return self._shown(used, row)

    def _outgrown(self) -> bool:
        """Whether there is no more room, and time enough for most of it to belong to nobody."""
        full = len(self._known) > _MOST_NAMES or len(self._table) >= self._bounds.shapes
        return full and self._calls > _OLD

    def _start_table(self, slot: int, slots: int) -> None:
        """An empty table: another grid, or groups that are no more."""
        if len(self._table):
            self._groups.release()
        self._table = ShapeTable(self._groups, self._speeds, self._typical, slot, slots)
        self._known, self._series = {}, {}
        self._remembered = Remembered()
        self._last, self._calls = None, 0

    def _rows(self, jobs: Sequence[Job], classes: Sequence[WorkloadClass]) -> NDArray[np.int64]:
        """Each job's row of the table; none is looked up that is as it was in the last turn."""
        return self._remembered.rows(jobs, classes, self._looked_up)

    def _looked_up(
        self, jobs: Sequence[Job], classes: Sequence[WorkloadClass]
    ) -> NDArray[np.int64]:
        """The same; one look-up for a job that was asked about before."""
        asked = self._questions(jobs, classes)
        rows = np.fromiter(map(self._known.get, asked, repeat(_NEW)), np.int64, len(jobs))
        new = np.flatnonzero(rows == _NEW).tolist()
        unknown = self._questions([jobs[row] for row in new], [classes[row] for row in new])
        for row, question in zip(new, unknown, strict=True):
            rows[row] = self._enter(question)
        return rows

    def _questions(self, jobs: Sequence[Job], classes: Sequence[WorkloadClass]) -> Iterator[_Asked]:
        """What is asked about each job; where it would run only while that matters."""
        where = map(_placed, jobs) if self._places else repeat(None, len(jobs))
        return zip(map(_asked, jobs), classes, where, strict=True)

    def _enter(self, asked: _Asked) -> int:
        """The row of a job that is new. Ten thousand runs of a series look up one stem."""
        (user, account, name, partition, limit), kind, placed = asked
        code = 0 if placed is None else self._speeds.code(self._speeds.types.of(Placed(*placed)))
        series = ((user, account, stem(name), partition, limit), kind, None), code
        row = self._series.get(series)
        if row is None:
            known = stem(name) if len(self._table) < self._bounds.shapes else ""
            traits = Traits(user, account, known, partition, kind, limit)
            row = self._series[series] = self._table.row(groups(traits), limit, code)
        self._known[asked] = row
        return row

    def _shown(self, used: NDArray[np.int64], row: NDArray[np.int64]) -> Shapes:
        table = self._table
        label = [table.label[number] for number in used.tolist()]
        return Shapes(table.slot, table.alive[used], row, label, table.samples[used])


def _numbered(rows: NDArray[np.int64], count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which of ``count`` rows there are, in order, and for each of ``rows`` its place there."""
    present = np.zeros(count, dtype=np.bool_)
    present[rows] = True
    return np.flatnonzero(present), (np.cumsum(present) - 1)[rows]
