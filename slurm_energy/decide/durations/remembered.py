"""Which row each job has, remembered from turn to turn: only who is new or changed is looked up."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from slurm_energy.decide.recognise import NEW, places
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.job import Job

Rows = NDArray[np.int64]
LookUp = Callable[[Sequence[Job], Sequence[WorkloadClass]], Rows]


@dataclass(slots=True)
class Remembered:
    """By cluster, the jobs that were asked about last, the class of each, and their rows.

    The law: :meth:`rows` is what ``look_up`` says of all of them, as long as that rests on the job
    and its class alone.
    """

    _last: dict[str, tuple[Sequence[Job], Sequence[WorkloadClass], Rows]] = field(
        default_factory=dict
    )

    def rows(self, jobs: Sequence[Job], classes: Sequence[WorkloadClass], look_up: LookUp) -> Rows:
        """The row of each job; ``jobs`` are of one cluster."""
        cluster = jobs[0].cluster if jobs else ""
        known = self._last.get(cluster)
        rows = look_up(jobs, classes) if known is None else _again(known, jobs, classes, look_up)
        self._last[cluster] = list(jobs), list(classes), rows
        return rows


def _again(
    known: tuple[Sequence[Job], Sequence[WorkloadClass], Rows],
    jobs: Sequence[Job],
    classes: Sequence[WorkloadClass],
    look_up: LookUp,
) -> Rows:
    before, kinds, rows = known
    place = places(jobs, before)
    same_kinds = list(classes) == kinds
    if place is None and same_kinds:
        return rows
    home = np.arange(len(jobs))
    place = home if place is None else place
    found = rows[place]
    # Classes that are the same side by side say nothing of who moved.
    asked = np.flatnonzero((place != NEW) & ((place != home) | (not same_kinds))).tolist()
    other = [row for row in asked if kinds[place[row]] is not classes[row]]
    fresh = sorted([*np.flatnonzero(place == NEW).tolist(), *other])
    if fresh:
        found[fresh] = look_up([jobs[row] for row in fresh], [classes[row] for row in fresh])
    return np.asarray(found)
