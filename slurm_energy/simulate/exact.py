"""Clairvoyant optima without a capacity limit, on the primary: exact, job by job."""

import numpy as np

from slurm_energy.simulate.columns import Columns, Ints, columns
from slurm_energy.simulate.objective import Objective
from slurm_energy.simulate.pieces import pieces, whole_runs
from slurm_energy.simulate.scene import Scene
from slurm_energy.simulate.schedule import Schedule
from slurm_energy.simulate.windows import HOUR, Floats, kw, rows_of, slot_prices, spread, windows


def one_block(scene: Scene, objective: Objective, delay_price: float = 0.0) -> Schedule:
    """Each job in one piece from its best start within its slack; the earliest of equals.

    ``delay_price`` is what an hour of a job's delay costs, in the objective's unit.

    The objective of a run is piecewise linear in its start and bends only where the start or the
    end meets a step of the signal: the least lies at one of those, or at either end of the slack.
    """
    jobs = columns(scene.jobs)
    row, start = _candidates(jobs, objective.sites[0].edges.astype(np.int64))
    units = kw(scene, jobs, 0)[row]
    emitted = objective.sites[0].between(start, start + jobs.run[row]) * units / HOUR
    worth = emitted + delay_price * (start - jobs.submit[row]) / HOUR
    order = np.lexsort((start, worth, row))
    best = order[np.searchsorted(row[order], np.arange(len(jobs.number)))]
    return whole_runs("one-block optimum", jobs, start[best])


def suspend_resume(scene: Scene, objective: Objective) -> Schedule:
    """Each job in the best seconds of its window, free to stop and resume at no cost."""
    jobs = columns(scene.jobs)
    found = windows(scene, jobs, jobs.slack, objective)
    prices = slot_prices(objective, 0, found.edges)[found.slot]
    took = cheapest(found.row, prices, found.seconds, jobs.run)
    return pieces("suspend-resume optimum", jobs, *rows_of(found, jobs, took))


def cheapest(row: Ints, price: Floats, seconds: Ints, need: Ints) -> Ints:
    """Seconds taken of each entry when every row fills its need from its cheapest entries.

    Entries are ordered by row; the earliest of equals is taken first.
    """
    order = np.lexsort((np.arange(len(row)), price, row))
    offered = np.cumsum(seconds[order])
    first = np.searchsorted(row[order], np.arange(len(need)))
    before = offered - seconds[order]
    base = before[np.minimum(first, max(0, len(row) - 1))] if len(row) else before
    took = np.zeros(len(row), np.int64)
    took[order] = (need[row[order]] - (before - base[row[order]])).clip(0, seconds[order])
    return took


def _candidates(jobs: Columns, steps: Ints) -> tuple[Ints, Ints]:
    """Row and start of every moment at which a best start may lie."""
    everyone = np.arange(len(jobs.number))
    latest = jobs.submit + jobs.slack
    rows, starts = [everyone, everyone], [jobs.submit, latest]
    for shift in (np.zeros_like(jobs.run), jobs.run):
        first = np.searchsorted(steps, jobs.submit + shift, side="right")
        after = np.searchsorted(steps, latest + shift, side="left")
        row, place = spread(np.maximum(0, after - first))
        rows.append(row)
        starts.append(steps[first[row] + place] - shift[row])
    return np.concatenate(rows), np.concatenate(starts)
