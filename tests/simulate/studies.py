"""A small study: a few dozen jobs of two days on the made grid that comes with the documents."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from slurm_energy.simulate.request import JobsFile, Request, Second, Stopping
from slurm_energy.simulate.study import Study, study

GRID = Path(__file__).parents[2] / "docs" / "example" / "grid.csv"
START = 1_769_990_400
"""2026-02-02T00:00Z, after four weeks of history."""

JOBS = "arrival_time,length,cpus\n" + "".join(
    f"{index * 3000},{600 + index % 7 * 2400},{1 + index % 3}\n" for index in range(40)
)
"""Nobody says how long they may wait; some run for less than 2 h, some for longer."""


def make_request(directory: Path, **changes: Any) -> Request:
    """Forty jobs on the eastern grid for ten days, carbon-first, perfect forecast."""
    jobs = directory / "jobs.csv"
    jobs.write_text(JOBS)
    base = Request(
        jobs=JobsFile(jobs),
        carbon=(GRID, "east"),
        start=START,
        hours=240,
        policy="carbon-first",
    )
    return replace(base, **changes)


@cache
def two_sites(directory: Path) -> Study:
    """The study with everything in it: prices, capacity, idle power, stops, two sites."""
    return study(
        make_request(
            directory,
            price=(GRID, "east-price"),
            capacity=12,
            idle_power=0.35,
            interruptible=Stopping.ALL,
            interruption_cost=300,
            second=Second((GRID, "west"), 8, (GRID, "west-price")),
            frontier=True,
        )
    )
