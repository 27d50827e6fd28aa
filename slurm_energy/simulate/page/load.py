"""Schedules and signals as columns over time: what the figures draw."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slurm_energy.model.series import Series
from slurm_energy.simulate.columns import Ints, columns
from slurm_energy.simulate.draw import job_kw
from slurm_energy.simulate.integral import integral
from slurm_energy.simulate.scene import Scene
from slurm_energy.simulate.schedule import Schedule
from slurm_energy.simulate.steps import steps

Floats = NDArray[np.float64]

HOUR = 3600
CLEANNESS = 10
"""Equal parts of the period, by how clean the grid is."""


@dataclass(frozen=True, slots=True)
class Draw:
    """The pieces of a schedule with what they draw and whose they are."""

    start: Ints
    end: Ints
    kw: Floats
    site: Ints
    workload_class: NDArray[np.str_]

    def of(self, workload_class: str, site: int | None = None) -> "Draw":
        """The part of one class, at one site or all."""
        mine = self.workload_class == workload_class
        if site is not None:
            mine &= self.site == site
        return Draw(
            self.start[mine],
            self.end[mine],
            self.kw[mine],
            self.site[mine],
            self.workload_class[mine],
        )

    def energy(self) -> float:
        """In kWh."""
        return float(self.kw @ (self.end - self.start)) / HOUR

    def mean_kw(self, edges: Ints) -> Floats:
        """The mean between each two edges."""
        return np.diff(self._until(edges)) / np.diff(edges)

    def _until(self, moments: Ints) -> Floats:
        """Energy up to each moment, in kW times seconds."""
        known = steps(self.start, self.end, self.kw)
        if not len(known.times):
            return np.zeros(len(moments))
        done = np.concatenate(([0.0], np.cumsum(known.values[:-1] * np.diff(known.times))))
        found: Floats = np.interp(moments, known.times, done)
        return found


def draw(scene: Scene, schedule: Schedule) -> Draw:
    """What every piece draws while it runs, idle power apart."""
    jobs = columns(scene.jobs)
    row = jobs.rows(schedule.job)
    kw = np.zeros(len(row))
    for index, site in enumerate(scene.sites):
        at = schedule.site == index
        kw[at] = job_kw(site.machines, schedule.units[at], jobs.cpus[row[at]])
    return Draw(schedule.start, schedule.end, kw, schedule.site, jobs.workload_class[row])


def bins(start: int, end: int, most: int) -> Ints:
    """Edges of equal bins of whole hours, at most so many of them."""
    hours = max(1, -(-(end - start) // HOUR))
    width = -(-hours // most) * HOUR
    count = -(-(end - start) // width)
    edges = start + width * np.arange(count + 1, dtype=np.int64)
    edges[-1] = end
    return edges


def mean(series: Series, edges: Ints) -> Floats:
    """The signal's mean between each two edges, which it must cover."""
    grams = integral(series)
    found: Floats = grams.between(edges[:-1], edges[1:]) / np.diff(edges)
    return found


def energy_by_cleanness(scene: Scene, part: Draw, until: int) -> Floats:
    """The energy in each tenth of the period, in kWh, the primary's cleanest hours first."""
    edges = bins(scene.start, until, 1_000_000)
    order = np.argsort(mean(scene.sites[0].carbon, edges), kind="stable")
    tenth = np.empty(len(order), dtype=np.int64)
    tenth[order] = np.arange(len(order)) * CLEANNESS // len(order)
    energy = part.mean_kw(edges) * np.diff(edges) / HOUR
    return np.bincount(tenth, energy, minlength=CLEANNESS).astype(np.float64)
