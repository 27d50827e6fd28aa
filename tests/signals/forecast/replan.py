"""What a forecast is worth: carbon that a re-planning stopping rule saves with it, of an oracle's.

`pai_1k` on a grid of 2022: jobs under two hours may wait 6 h, others 24 h; they stop and resume at
whole hours for free; the rule knows the run times of each queue, not of the job, and plans anew at
every hour by dynamic programming over the forecast. The oracle knows run times and intensity.
``SLURM_ENERGY_DATA=… python -m tests.signals.forecast.replan`` prints the table of the docs.
"""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slurm_energy.signals.forecast.hours import Forecaster
from slurm_energy.signals.forecast.learned import Learned
from slurm_energy.signals.forecast.naive import week, yesterday
from tests.publicdata import DATA
from tests.signals.forecast.builders import HOUR
from tests.signals.forecast.grids import grids

Values = NDArray[np.float64]
STARTS = tuple(168 + 720 * month for month in range(12))
SPAN = 300
"""Hours in which all jobs of the week end, however late they start."""


@dataclass(frozen=True)
class JobQueue:
    """Jobs whose run times are known together: hours of arrival and run, units, longest delay."""

    arrival: NDArray[np.int64]
    run: Values
    units: Values
    slack: int

    def going_on(self) -> tuple[Values, Values]:
        """By hours done: the chance to need another hour after the next, and how much of it."""
        done = np.arange(int(np.ceil(self.run.max())))
        alive = np.array([(self.run > hours).mean() for hours in range(len(done) + 1)])
        used = [np.minimum(self.run[self.run > hours] - hours, 1).mean() for hours in done]
        return alive[1:] / alive[:-1], np.array(used)


def queues() -> tuple[JobQueue, JobQueue]:
    """The short jobs and the long ones."""
    with (DATA / "jobs" / "pai_1k.csv").open(encoding="utf-8") as file:
        rows = np.array([[float(cell) for cell in row] for row in list(csv.reader(file))[1:]])
    short = rows[:, 1] < 2 * HOUR
    return _queue(rows[short], 6), _queue(rows[~short], 24)


def _queue(rows: Values, slack: int) -> JobQueue:
    return JobQueue((rows[:, 0] // HOUR).astype(np.int64), rows[:, 1] / HOUR, rows[:, 2], slack)


def runs_now(queue: JobQueue, paths: Values) -> NDArray[np.bool_]:
    """Whether to run in a path's first hour, by path, slack left (from 1) and hours done."""
    chance, used = queue.going_on()
    value = np.zeros((len(paths), queue.slack + 1, len(used) + 1))
    for hour in reversed(range(queue.slack + len(used))):
        run = paths[:, hour, np.newaxis, np.newaxis] * used + chance * value[:, :, 1:]
        wait = value[:, :-1, :-1]
        if hour == 0:
            return np.asarray(run[:, 1:] <= wait)
        run[:, 1:] = np.minimum(run[:, 1:], wait)
        value[:, :, :-1] = run
    raise AssertionError


def emitted(queue: JobQueue, truth: Values, paths: Values) -> float:
    """Carbon of all jobs when each hour is planned on the path told then."""
    plan = runs_now(queue, paths)
    done, left = np.zeros(len(queue.run), dtype=np.int64), np.full(len(queue.run), queue.slack)
    total = 0.0
    for hour, intensity in enumerate(truth):
        active = (queue.arrival <= hour) & (done < queue.run)
        last = np.minimum(done, plan.shape[2] - 1)
        go = active & ((left == 0) | plan[hour, np.maximum(left, 1) - 1, last])
        total += intensity * float((np.minimum(queue.run - done, 1) * queue.units)[go].sum())
        done[go] += 1
        left[active & ~go] -= 1
    return total


def bounds(queue: JobQueue, truth: Values) -> tuple[float, float]:
    """Carbon of running at once, and of the best hours of each job's window."""
    at_once = best = 0.0
    for arrival, run, units in zip(queue.arrival, queue.run, queue.units, strict=True):
        hours = int(np.ceil(run))
        amounts = np.ones(hours)
        amounts[-1] = run - (hours - 1)
        window = truth[arrival : arrival + hours + queue.slack]
        at_once += units * float(window[:hours] @ amounts)
        best += units * float(np.sort(window)[:hours] @ amounts)
    return at_once, best


def share(zone: str, make: Callable[[], Forecaster], starts: Sequence[int], late: int = 0) -> float:
    """Share of the oracle's saving over all starts; ``late`` hours until a value is known."""
    truth, jobs, forecaster = grids()[zone], queues(), make()
    values = np.array(truth.values)
    ahead = max(queue.slack + int(np.ceil(queue.run.max())) for queue in jobs)
    saved = possible = 0.0
    for start in starts:
        moments = truth.times[start : start + SPAN]
        paths = np.array(
            [forecaster(truth, now - late * HOUR, now + ahead * HOUR).values for now in moments]
        )[:, late:]
        for queue in jobs:
            at_once, best = bounds(queue, values[start : start + SPAN])
            saved += at_once - emitted(queue, values[start : start + SPAN], paths)
            possible += at_once - best
    return saved / possible


def main() -> None:
    """Print the table."""
    for late in (0, 1):
        print(f"share of the oracle in %, values known {late} h late:")  # noqa: T201
        for make in (yesterday, week, Learned):
            found = [100 * share(zone, make, STARTS, late) for zone in grids()]
            print(f"{make().name:10}", *(f"{one:6.1f}" for one in found))  # noqa: T201


if __name__ == "__main__":
    main()
