"""How good anybody could be: clairvoyant optima that every policy is measured against.

Each knows all run times and the true signal, stops and resumes at no cost, and is not to be
reached. Without a capacity limit on one site it is exact. With a limit, or a second site, it is
a linear programme's optimum: a relaxation, so the true optimum may emit more but never less.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from slurm_energy.simulate.columns import Columns, Ints, columns
from slurm_energy.simulate.draw import units_of
from slurm_energy.simulate.exact import suspend_resume
from slurm_energy.simulate.objective import Objective, carbon, worth
from slurm_energy.simulate.pieces import pieces
from slurm_energy.simulate.program import optimum, whole_seconds
from slurm_energy.simulate.scene import Scene
from slurm_energy.simulate.schedule import Schedule
from slurm_energy.simulate.score import Score


class Kind(StrEnum):
    """How a bound is meant."""

    EXACT = "exact"
    """A schedule that comes to this exists."""
    RELAXATION = "relaxation"
    """No schedule comes to less; whether one comes to this is not known."""


@dataclass(frozen=True, slots=True)
class Bound:
    """The least that any policy can come to, and where that would run."""

    name: str
    kind: Kind
    value: float
    """Of the objective, in its unit: kilograms for carbon."""
    schedule: Schedule
    """Of a relaxation, the place within a slot means nothing, nor does its highest power."""


def bound(scene: Scene, baseline: Score | None = None, objective: Objective | None = None) -> Bound:
    """The clairvoyant optimum of the scene, of carbon unless another objective is told.

    No job is delayed by more than its slack, or by what the baseline needed where that is more:
    without that there may be no solution on a busy cluster. Raises ``InputError`` where there is
    none, or where the scene is too large for the programme.
    """
    aim = objective or carbon(scene)
    jobs = columns(scene.jobs)
    if len(scene.sites) == 1 and units_of(scene.sites[0].machines) is None:
        return _unlimited(scene, jobs, aim)
    found = optimum(scene, jobs, allowed(jobs, baseline), aim)
    name = f"preemptive linear programme with {_limits(scene)}"
    schedule = pieces(name, jobs, *whole_seconds(found, jobs))
    return Bound(name, Kind.RELAXATION, found.value, schedule)


def allowed(jobs: Columns, baseline: Score | None) -> Ints:
    """By job, in seconds: its slack, or what the baseline delayed it where that is more."""
    return jobs.slack if baseline is None else np.maximum(jobs.slack, baseline.delay)


def last_moment(scene: Scene, baseline: Score) -> int:
    """When every job is done, however it is delayed within what is allowed.

    The end of the period in which clusters are compared, whatever policy is looked at.
    """
    jobs = columns(scene.jobs)
    ends = jobs.submit + jobs.run + allowed(jobs, baseline)
    return min(scene.end, int(ends.max(initial=scene.start)))


def _unlimited(scene: Scene, jobs: Columns, aim: Objective) -> Bound:
    schedule = suspend_resume(scene, aim)
    value = worth(scene, jobs, schedule, aim)
    return Bound("optimum of stop and resume without limit", Kind.EXACT, value, schedule)


def _limits(scene: Scene) -> str:
    known = [(site.name, units_of(site.machines)) for site in scene.sites]
    return " and ".join(
        f"no limit at {name}" if units is None else f"{units} units at {name}"
        for name, units in known
    )
