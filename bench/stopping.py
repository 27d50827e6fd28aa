"""The stopping kernel against its plain twin and the same sweep in numpy: ``make bench-stopping``.

One thread, contenders take turns, results are compared first. numpy takes all states of a moment
at once, as the kernel does, job after job.
"""

import argparse
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.plan import grid, run_times
from bench.timing import Budget, Spread, finish, interleaved, machine, print_rows
from slurm_energy.decide.market import stopping
from slurm_energy.decide.market.stopping import (
    REACH,
    Resumables,
    answer_plain,
    best_courses,
    still_going,
)
from slurm_energy.decide.pricing.prices import Prices

if TYPE_CHECKING:
    from collections.abc import Callable

Real = NDArray[np.float64]
COST = 0.5
TWIN_JOBS = 8
SOURCE = "what a kernel has to be worth beside numpy; set when first measured"


def make_jobs(count: int) -> tuple[Prices, Real, Resumables]:
    """Jobs of 64 kinds, a third of them running, that may wait up to a day."""
    random = np.random.default_rng(3)
    values = grid(random)[None, :]
    running = (random.random(count) < 1 / 3).astype(np.uint8)
    jobs = Resumables(
        curve=np.zeros(count, dtype=np.int64),
        shape=random.integers(0, 64, count),
        first=np.zeros(count, dtype=np.int64),
        budget=random.integers(1, 97, count),
        done=np.where(running, random.uniform(0, 8, count), 0.0),
        running=running,
        delay=np.full(count, 0.02),
        units=np.ones(count),
    )
    prices = Prices(0, 900, values, np.full(1, 3.0), np.array([values.shape[1]]))
    return prices, run_times(random, 64), jobs


def by_numpy(prices: Prices, alive: Real, jobs: Resumables) -> Real:
    """The best course's price of each job, row by row."""
    found = np.empty(len(jobs))
    for job in range(len(jobs)):
        still = np.array(still_going(alive[jobs.shape[job]], float(jobs.done[job]), REACH))
        price = np.append(prices.values[0], np.zeros(len(still) + int(jobs.budget[job])))
        lost = still * COST
        lost[0] *= float(jobs.done[job] > 0)
        found[job] = _swept(
            price,
            still,
            lost,
            int(jobs.budget[job]),
            float(jobs.delay[job]),
            bool(jobs.running[job]),
        )
    return found


def _swept(price: Real, still: Real, lost: Real, budget: int, delay: float, running: bool) -> float:
    """Backward in time; a state is the work done, its delay is what is left of the time."""
    slots, level = len(still), 3.0
    ran, stood = np.zeros(slots + 1), np.zeros(slots + 1)
    for time in range(slots - 1 + budget, -1, -1):
        low, high = max(0, time - budget), min(slots - 1, time) + 1
        on = still[low:high] * price[time] + ran[low + 1 : high + 1]
        resumed = on + lost[low:high] * (level + price[time])
        waited = stood[low:high] + still[low:high] * delay
        if low == time - budget:
            waited[0] = np.inf
        ran, stood = np.zeros(slots + 1), np.zeros(slots + 1)
        ran[low:high], stood[low:high] = np.minimum(on, waited), np.minimum(resumed, waited)
    return float(ran[0] if running else stood[0])


def by_twin(prices: Prices, alive: Real, jobs: Resumables) -> Real:
    """The specification."""
    count = len(jobs)
    best, load = np.empty(count), np.zeros(prices.values.shape[1])
    answer_plain(
        prices.values,
        prices.level,
        alive,
        jobs.curve,
        jobs.shape,
        jobs.first,
        jobs.budget,
        jobs.done,
        jobs.running,
        jobs.units,
        jobs.delay,
        COST,
        REACH,
        load,
        np.empty(count),
        best,
        np.empty(count),
        np.empty(count, dtype=np.int64),
    )
    return best


def states(alive: Real, jobs: Resumables) -> int:
    """States of all jobs: (work, delay), stopped and running."""
    lengths = [
        len(still_going(alive[shape], done, REACH))
        for shape, done in zip(jobs.shape, jobs.done.tolist(), strict=True)
    ]
    return int(2 * (np.array(lengths) * (jobs.budget + 1)).sum())


def measure(count: int, repeats: int) -> list[dict[str, object]]:
    """A row per contender; the twin does fewer jobs."""
    prices, alive, jobs = make_jobs(count)
    few = Resumables(*(getattr(jobs, name)[:TWIN_JOBS] for name in Resumables.__slots__))

    def kernel() -> Real:
        return best_courses(prices, alive, jobs, COST, np.zeros(prices.values.shape[1])).best

    contenders: dict[str, tuple[Callable[[], Real], Resumables]] = {
        "kernel": (kernel, jobs),
        "numpy, a moment at once": (lambda: by_numpy(prices, alive, jobs), jobs),
        "plain twin": (lambda: by_twin(prices, alive, few), few),
    }
    want = kernel()
    for name, (call, some) in contenders.items():
        np.testing.assert_allclose(call(), want[: len(some)], atol=1e-9, err_msg=name)
    seconds = interleaved({name: call for name, (call, _) in contenders.items()}, repeats)
    rows = []
    for name, (_, some) in contenders.items():
        spread = Spread.of([turn / len(some) * 1e6 for turn in seconds[name]])
        rows.append(
            {
                "contender": name,
                "jobs": len(some),
                "us/job": spread.median,
                "quartiles": f"{spread.low:.1f}-{spread.high:.1f}",
                "ns/state": spread.median * len(some) / states(alive, some) * 1e3,
            }
        )
    return [{**row, "x kernel": _ratio(row, rows[0])} for row in rows]


def _ratio(row: dict[str, object], first: dict[str, object]) -> float:
    return float(str(row["ns/state"])) / float(str(first["ns/state"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--jobs", type=int, default=500)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    assert stopping._KERNEL, "not compiled here; run bin/setup"  # noqa: SLF001
    rows = measure(arguments.jobs, arguments.repeats)
    if not arguments.json:
        print(f"{machine()}, numpy {np.__version__}, one thread")
        print_rows(rows)
    budgets = [
        Budget(f"{row['contender']} / kernel, a state", _ratio(row, rows[0]), least, SOURCE)
        for row, least in ((rows[1], 10.0), (rows[2], 100.0))
    ]
    report = {"machine": machine(), "numpy": np.__version__, "rows": rows}
    finish(report, budgets, as_json=arguments.json)


if __name__ == "__main__":
    main()
