"""What a schedule comes to: carbon, cost, power, delay and promises, in all and by class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slurm_energy.errors import InputError
from slurm_energy.simulate.columns import Columns, Ints, columns
from slurm_energy.simulate.draw import extra_kw, idle_kw, job_kw, spared
from slurm_energy.simulate.idling import idle_while_waiting
from slurm_energy.simulate.integral import integral
from slurm_energy.simulate.scene import Scene
from slurm_energy.simulate.schedule import NodeOff, Schedule
from slurm_energy.simulate.steps import steps

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

HOUR = 3600.0
KILO = 1000.0
"""Grams in a kilogram, and kWh in the MWh that prices are told for."""


@dataclass(frozen=True, slots=True)
class Tally:
    """The figures of all jobs, or of one class. None: not known, or belongs to no class."""

    jobs: int
    energy_kwh: float
    """Active power times time."""
    carbon_kg: float
    """Active power times carbon intensity."""
    energy_cost: float | None
    """Active power times price, in the price's currency; None without a price at every site."""
    cluster_carbon_kg: float | None
    """The whole sites' in the period, idle power included; None for a class."""
    mean_delay_hours: float
    """Delay: last end minus submit minus run time. What interruptions cost is delay."""
    p95_delay_hours: float
    deadline_misses: int
    """Jobs delayed beyond their longest delay, or ended after their deadline."""
    peak_kw: float
    """Highest power at once, all sites together; idle power included except for a class."""
    gpu_hours_idle_while_deferred: float | None
    """Units that idled while submitted jobs waited, whatever for; None without a limit."""


@dataclass(frozen=True, slots=True)
class Score:
    """A schedule judged. ``late`` and ``delay`` (seconds) have a row per job of the scene."""

    policy: str
    all: Tally
    by_class: Mapping[str, Tally]
    """By the class's name, in alphabetical order."""
    delay: Ints
    late: Mask
    workload_class: NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class _Pieces:
    """The schedule's rows, priced."""

    row: Ints
    kw: Floats
    kwh: Floats
    carbon_kg: Floats
    cost: Floats | None


def score(
    scene: Scene, schedule: Schedule, dark: Sequence[NodeOff] = (), until: int | None = None
) -> Score:
    """The figures of a schedule; ``dark`` tells when nodes were powered down.

    Idle power counts from the scene's start ``until`` a moment, by default the scene's end; take
    one for all that are compared (:func:`slurm_energy.simulate.bound.last_moment`).
    Raises ``InputError`` where a job did not run as long as it needs, ``SeriesError`` where it
    ran outside the signals.
    """
    jobs = columns(scene.jobs)
    pieces = _priced(scene, schedule, jobs)
    delay = _delays(schedule, jobs, pieces.row)
    late = delay > jobs.patience
    everyone = np.ones(len(jobs.number), np.bool_)
    cluster = _cluster_carbon(scene, schedule, dark, scene.end if until is None else until)

    def tally(who: Mask, *, whole: bool) -> Tally:
        mine = who[pieces.row]
        hours = delay[who] / HOUR
        return Tally(
            jobs=int(who.sum()),
            energy_kwh=float(pieces.kwh[mine].sum()),
            carbon_kg=float(pieces.carbon_kg[mine].sum()),
            energy_cost=None if pieces.cost is None else float(pieces.cost[mine].sum()),
            cluster_carbon_kg=cluster if whole else None,
            mean_delay_hours=float(hours.mean()) if len(hours) else 0.0,
            p95_delay_hours=float(np.percentile(hours, 95)) if len(hours) else 0.0,
            deadline_misses=int(late[who].sum()),
            peak_kw=_peak(scene, schedule, pieces, mine, whole=whole),
            gpu_hours_idle_while_deferred=idle_while_waiting(scene, schedule, jobs, who),
        )

    classes = [str(name) for name in np.unique(jobs.workload_class)]
    return Score(
        policy=schedule.policy,
        all=tally(everyone, whole=True),
        by_class={name: tally(jobs.workload_class == name, whole=False) for name in classes},
        delay=delay,
        late=late,
        workload_class=jobs.workload_class,
    )


def late_through_us(ours: Score, baseline: Score) -> Mask:
    """By job: late in ours and not in the baseline. Both must score the same scene."""
    return ours.late & ~baseline.late


def _priced(scene: Scene, schedule: Schedule, jobs: Columns) -> _Pieces:
    row = jobs.rows(schedule.job)
    kw, carbon = np.zeros(len(row)), np.zeros(len(row))
    cost = np.zeros(len(row)) if all(site.price for site in scene.sites) else None
    for index, site in enumerate(scene.sites):
        at = schedule.site == index
        kw[at] = job_kw(site.machines, schedule.units[at], jobs.cpus[row[at]])
        span = schedule.start[at], schedule.end[at]
        carbon[at] = kw[at] * integral(site.carbon).between(*span) / HOUR / KILO
        if cost is not None and site.price is not None:
            cost[at] = kw[at] * integral(site.price).between(*span) / HOUR / KILO
    return _Pieces(row, kw, kw * (schedule.end - schedule.start) / HOUR, carbon, cost)


def _delays(schedule: Schedule, jobs: Columns, row: Ints) -> Ints:
    """By job, in seconds; every job must have had all of its run time."""
    ran = np.bincount(row, schedule.end - schedule.start, minlength=len(jobs.number))
    short = ran < jobs.run * jobs.tasks
    if short.any():
        first = int(np.argmax(short))
        raise InputError(
            f"{schedule.policy}: job {jobs.number[first]} ran {ran[first]:.0f} s of "
            f"{jobs.run[first] * jobs.tasks[first]} s: a schedule must run every job to its end"
        )
    last = jobs.submit.copy()
    np.maximum.at(last, row, schedule.end)
    return last - jobs.submit - jobs.run


def _cluster_carbon(scene: Scene, schedule: Schedule, dark: Sequence[NodeOff], until: int) -> float:
    """Kilograms of all sites from the scene's start: idle, and what active units add."""
    total = 0.0
    for index, site in enumerate(scene.sites):
        grams = integral(site.carbon)
        idle = idle_kw(site.machines)
        if idle:
            total += idle * float(grams.between(scene.start, until))
        at = schedule.site == index
        extra = extra_kw(site.machines, schedule.units[at])
        total += float(extra @ grams.between(schedule.start[at], schedule.end[at]))
        saved = spared(site.machines, [one for one in dark if one.site == index], until)
        total -= float(saved.kw @ grams.between(saved.start, saved.end))
    return total / HOUR / KILO


def _peak(scene: Scene, schedule: Schedule, pieces: _Pieces, mine: Mask, *, whole: bool) -> float:
    """Highest kW at once; nodes that are powered down count as idle."""
    kw, floor = pieces.kw, 0.0
    if whole:
        kw = np.zeros(len(pieces.kw))
        for index, site in enumerate(scene.sites):
            at = schedule.site == index
            kw[at] = extra_kw(site.machines, schedule.units[at])
            floor += idle_kw(site.machines)
    return floor + steps(schedule.start[mine], schedule.end[mine], kw[mine]).highest()
