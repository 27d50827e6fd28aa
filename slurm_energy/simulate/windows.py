"""Jobs against slots: where each may run, for how long, and what it costs there."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slurm_energy.simulate.columns import Columns, Ints
from slurm_energy.simulate.draw import job_kw
from slurm_energy.simulate.objective import Objective
from slurm_energy.simulate.scene import Scene

Floats = NDArray[np.float64]

HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Windows:
    """One entry per job and slot that the job may run in, ordered by job, then by slot."""

    edges: Ints
    """Of the slots: every step of the objective within the scene; shape (slots + 1,)."""
    row: Ints
    """The job's row."""
    slot: Ints
    seconds: Ints
    """For how long the job may run there."""


def windows(scene: Scene, jobs: Columns, allowed: Ints, objective: Objective) -> Windows:
    """Entries from each job's submission to its end when it is delayed by ``allowed`` seconds."""
    steps = np.unique(np.concatenate([site.edges for site in objective.sites])).astype(np.int64)
    inside = steps[(steps > scene.start) & (steps < scene.end)]
    edges = np.concatenate(([scene.start], inside, [scene.end]))
    last = jobs.submit + jobs.run + allowed
    first = np.searchsorted(edges, jobs.submit, side="right") - 1
    count = np.searchsorted(edges, last, side="left") - first
    row, place = spread(count)
    slot = first[row] + place
    begin = np.maximum(edges[slot], jobs.submit[row])
    return Windows(edges, row, slot, np.minimum(edges[slot + 1], last[row]) - begin)


def spread(count: Ints) -> tuple[Ints, Ints]:
    """For rows with that many entries each: every entry's row, and its place within the row."""
    row = np.repeat(np.arange(len(count)), count)
    return row, np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)


def slot_prices(objective: Objective, site: int, edges: Ints) -> Floats:
    """Mean objective of a kWh in each slot at one site."""
    return objective.sites[site].between(edges[:-1], edges[1:]) / np.diff(edges)


def kw(scene: Scene, jobs: Columns, site: int) -> Floats:
    """By job, what all its tasks together draw at one site."""
    return job_kw(scene.sites[site].machines, jobs.units, jobs.cpus) * jobs.tasks


def rows_of(found: Windows, jobs: Columns, took: Ints) -> tuple[Ints, Ints, Ints]:
    """Row, start and end of the pieces when each entry's job runs so many seconds in its slot.

    A piece lies at the beginning of its slot.
    """
    used = took > 0
    row, slot = found.row[used], found.slot[used]
    start = np.maximum(found.edges[slot], jobs.submit[row])
    return row, start, start + took[used]
