"""The clairvoyant optimum under capacity, as a linear programme: jobs that stop and resume.

Variables are the hours for which each job runs in each slot at each site: a transportation
problem. Slots are the steps of the signal, so that prices within a slot are exact. Capacity holds
on the mean of a slot, width and place within it are not looked at, interruptions and moves cost
nothing: it is a relaxation, and no feasible schedule is better.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, vstack

from slurm_energy.errors import InputError
from slurm_energy.simulate.columns import Columns, Ints
from slurm_energy.simulate.draw import units_of
from slurm_energy.simulate.objective import Objective
from slurm_energy.simulate.scene import Scene
from slurm_energy.simulate.windows import HOUR, Floats, Windows, kw, slot_prices, windows

MOST_ENTRIES = 5_000_000
"""Variables beyond which no bound is computed. A year of 100,000 jobs that may wait 6 or 24 hours
on an hourly signal has 1.4 million: 40 seconds and 2 GB on one core."""


@dataclass(frozen=True, slots=True)
class Optimum:
    """The programme's solution: an entry per job, slot and site."""

    value: float
    """The least objective, in its unit."""
    windows: Windows
    """Entries; a job that may move has one for each site."""
    site: Ints
    hours: Floats
    """For how long the entry's job runs there."""


@dataclass(frozen=True, slots=True)
class _Limits:
    """Rows of the programme: each at most its room."""

    rows: csr_array
    room: Floats


def optimum(scene: Scene, jobs: Columns, allowed: Ints, objective: Objective) -> Optimum:
    """The least objective of the jobs, each done when it is delayed by ``allowed`` seconds.

    Raises ``InputError`` where capacity does not permit that, and above ``MOST_ENTRIES``.
    """
    found, site = _entries(scene, jobs, allowed, objective)
    if len(site) > MOST_ENTRIES:
        raise InputError(
            f"the bound needs {len(site)} variables, over {MOST_ENTRIES}: there is none for so "
            "many jobs, slots and such long delays; play a shorter period"
        )
    cost = np.zeros(len(site))
    for index in range(len(scene.sites)):
        at = site == index
        price = slot_prices(objective, index, found.edges)[found.slot[at]]
        cost[at] = price * kw(scene, jobs, index)[found.row[at]]
    capacity = _capacity(scene, jobs, found, site)
    presence = _presence(found, site)
    solved = linprog(  # type: ignore[call-overload] # its stubs know no sparse matrices
        cost,
        A_ub=vstack([capacity.rows, presence.rows], format="csr"),
        b_ub=np.concatenate((capacity.room, presence.room)),
        A_eq=_sums(found.row, np.ones(len(site)), len(jobs.number)),
        b_eq=jobs.run / HOUR,
        bounds=np.column_stack((np.zeros(len(site)), found.seconds / HOUR)),
        method="highs",
    )
    if not solved.success:
        raise InputError(
            f"no schedule on {_described(scene)} ends every job within its allowed delay "
            f"({solved.message}): allow what first-come needed, or give more units"
        )
    return Optimum(value=float(solved.fun), windows=found, site=site, hours=solved.x)


def _entries(
    scene: Scene, jobs: Columns, allowed: Ints, objective: Objective
) -> tuple[Windows, Ints]:
    """Windows of all jobs on the primary and, after them, of those that may move on the second."""
    here = windows(scene, jobs, allowed, objective)
    site = np.zeros(len(here.row), np.int64)
    if len(scene.sites) == 1:
        return here, site
    moves = np.array([job.movable for job in scene.jobs])[here.row]
    columns = (np.append(one, one[moves]) for one in (here.row, here.slot, here.seconds))
    return Windows(here.edges, *columns), np.append(site, np.ones(moves.sum(), np.int64))


def _capacity(scene: Scene, jobs: Columns, found: Windows, site: Ints) -> _Limits:
    """In each slot, no more unit-hours than a site has."""
    slots = len(found.edges) - 1
    hours = np.diff(found.edges) / HOUR
    units = [units_of(one.machines) for one in scene.sites]
    room = np.concatenate([hours * (np.inf if one is None else one) for one in units])
    key = site * slots + found.slot
    where = np.flatnonzero(np.isfinite(room) & (np.bincount(key, minlength=len(room)) > 0))
    wide = (jobs.units * jobs.tasks)[found.row].astype(np.float64)
    return _Limits(_sums(key, wide, len(room))[where], room[where])


def _presence(found: Windows, site: Ints) -> _Limits:
    """A job that may run at two sites runs at one of them at a time."""
    slots = len(found.edges) - 1
    key = found.row * slots + found.slot
    second = np.flatnonzero(site)
    both = np.flatnonzero(np.isin(key, key[second]))
    keys, place = np.unique(key[both], return_inverse=True)
    rows = csr_array((np.ones(len(both)), (place, both)), shape=(len(keys), len(site)))
    room = np.zeros(len(keys))
    room[np.searchsorted(keys, key[second])] = found.seconds[second] / HOUR
    return _Limits(rows, room)


def _sums(key: Ints, weight: Floats, count: int) -> csr_array:
    """Row k sums the entries whose key is k, weighed."""
    return csr_array((weight, (key, np.arange(len(key)))), shape=(count, len(key)))


def whole_seconds(found: Optimum, jobs: Columns) -> tuple[Ints, Ints, Ints, Ints]:
    """The solution as pieces in whole seconds: row, start, end and site.

    A job's pieces lie one after the other at the beginning of their slot. Sums are rounded, not
    parts, so that every job has exactly its run time.
    """
    order = np.lexsort((found.site, found.windows.slot, found.windows.row))
    row, slot = found.windows.row[order], found.windows.slot[order]
    done = np.cumsum(found.hours[order].clip(min=0.0) * HOUR)
    first = np.searchsorted(row, np.arange(len(jobs.number)))[row]
    done = np.rint(done - np.append(0.0, done)[first]).astype(np.int64)
    before = np.where(np.arange(len(row)) == first, 0, np.append(0, done[:-1]))
    slot_first = _first_of_runs(row, slot)
    begin = np.maximum(found.windows.edges[slot], jobs.submit[row])
    start = begin + before - before[slot_first]
    used = done > before
    return row[used], start[used], (start + done - before)[used], found.site[order][used]


def _first_of_runs(row: Ints, slot: Ints) -> Ints:
    """By entry, the index of the first one with the same row and slot before it."""
    fresh = np.append(True, (np.diff(row) != 0) | (np.diff(slot) != 0))[: len(row)]
    return np.maximum.accumulate(np.where(fresh, np.arange(len(row)), 0))


def _described(scene: Scene) -> str:
    return " and ".join(f"{units_of(one.machines)} units of {one.name}" for one in scene.sites)
