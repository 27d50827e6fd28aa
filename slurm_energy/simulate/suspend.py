"""Ecovisor's threshold: run while the grid is clean, wait while patience lasts."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import takewhile

import numpy as np

from slurm_energy.errors import SeriesError
from slurm_energy.model.series import Series
from slurm_energy.simulate.columns import Columns
from slurm_energy.simulate.pieces import pieces
from slurm_energy.simulate.scene import Scene
from slurm_energy.simulate.schedule import Schedule

SHARE = 0.3
"""The percentile of intensity below which jobs run."""

DAY = 86_400

Step = tuple[int, int, float]
"""From, to, and the signal's value between."""


def suspended(policy: str, scene: Scene, jobs: Columns) -> Schedule:
    """The threshold's schedule of all jobs; an interruption costs what the scene says."""
    series = scene.sites[0].carbon
    found: list[tuple[int, int, int]] = []
    for row, job in enumerate(scene.jobs):
        runs = _runs(
            steps_from(series, job.submit),
            percentile(series, job.submit, DAY, SHARE),
            job.run,
            int(jobs.promised[row]),
            scene.interruption_cost if job.interruptible else None,
        )
        found += [(row, start, end) for start, end in runs]
    rows, starts, ends = np.array(found, dtype=np.int64).reshape(-1, 3).T
    return pieces(policy, jobs, rows, starts, ends)


def steps_from(series: Series, start: int) -> Iterator[Step]:
    """The signal's steps from a moment on; the first is cut there."""
    first = max(0, bisect_right(series.times, start) - 1)
    for index in range(first, len(series.times)):
        after = series.times[index + 1] if index + 1 < len(series.times) else series.end
        yield max(start, series.times[index]), after, series.values[index]


def percentile(series: Series, start: int, seconds: int, share: float) -> float:
    """The least value not exceeded for ``share`` of the time from ``start``, as far as known.

    Raises ``SeriesError`` where nothing is known from there on.
    """
    until = start + seconds
    ahead = takewhile(lambda step: step[0] < until, steps_from(series, start))
    known = sorted((value, min(end, until) - begin) for begin, end, value in ahead)
    if not known:
        raise SeriesError(f"{series.source} ends at {series.end}, before a job's submit at {start}")
    left = share * sum(length for _, length in known)
    for value, length in known:
        left -= length
        if left <= 0:
            return value
    return known[-1][0]


def _runs(
    ahead: Iterable[Step], threshold: float, run: int, budget: int, cost: int | None
) -> Iterator[tuple[int, int]]:
    """Start and end of each piece of one job; ``cost`` None: it can't be interrupted.

    Both the waits and what interruptions cost are paid from the budget.
    """
    started, end = None, 0
    for begin, end, value in ahead:
        dirty = value >= threshold
        if started is not None and dirty and cost is not None and budget > cost:
            yield started, begin
            started, run, budget = None, run + cost, budget - cost
        if started is None:
            wait = min(budget, end - begin) if dirty else 0
            budget -= wait
            begin += wait
            if begin == end:
                continue
            started = begin
        if run <= end - begin:
            yield started, begin + run
            return
        run -= end - begin
    yield (end if started is None else started), end + run
