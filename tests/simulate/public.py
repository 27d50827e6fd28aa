"""The public data that yardsticks are measured on: `pai_1k` on a grid of 2022, as a scene."""

import csv
from dataclasses import replace
from datetime import datetime
from functools import cache

from numpy.random import default_rng

from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.series import Series, Signal
from slurm_energy.simulate.scene import Pool, Scene, Site
from slurm_energy.simulate.trace import TraceJob
from tests.publicdata import DATA

HOUR = 3600
SHORT = 2 * HOUR
SLACK = {"short": 6 * HOUR, "long": 24 * HOUR}


def scene(
    zone: str,
    hour: int = 7000,
    hours: int = 720,
    pool: Pool | None = None,
    *,
    jobs: str = "pai_1k",
    unit: int = 1,
    second: tuple[str, Pool] | None = None,
    priced: bool = False,
    interruption_cost: int = 0,
) -> Scene:
    """The trace on ``zone`` for ``hours`` from an hour of 2022; half of the jobs are movable.

    ``unit`` is the trace's, in seconds. Without a pool there is no limit.
    """
    start = _moments("carbon")[hour]
    sites = [_site(zone, pool or Pool(None), start, hours, priced=priced)]
    if second:
        sites.append(_site(*second, start, hours, priced=priced))
    end = start + hours * HOUR
    placed = [_placed(job, start) for job in _jobs(jobs, unit)]
    kept = tuple(job for job in placed if _latest_end(job) <= end)
    return Scene(kept, tuple(sites), start, end, len(placed) - len(kept), interruption_cost)


def _latest_end(job: TraceJob) -> int:
    return job.submit + job.run + (job.max_delay or 0)


def _placed(job: TraceJob, start: int) -> TraceJob:
    return replace(job, submit=job.submit + start)


@cache
def _jobs(name: str, unit: int) -> tuple[TraceJob, ...]:
    with (DATA / "jobs" / f"{name}.csv").open() as file:
        rows = sorted(csv.DictReader(file), key=lambda row: float(row["arrival_time"]))
    heads = default_rng(0).random(len(rows)) < 0.5
    return tuple(
        _job(number, row, unit, movable=bool(heads[number - 1]))
        for number, row in enumerate(rows, 1)
    )


def _job(number: int, row: dict[str, str], unit: int, *, movable: bool) -> TraceJob:
    run = round(float(row["length"]) * unit)
    queue = "short" if run < SHORT else "long"
    return TraceJob(
        number=number,
        submit=round(float(row["arrival_time"]) * unit),
        run=run,
        gpus=int(row["cpus"]),
        partition=queue,
        workload_class=WorkloadClass.EVALUATION if queue == "short" else WorkloadClass.TRAINING,
        max_delay=SLACK[queue],
        interruptible=True,
        movable=movable,
    )


def _site(zone: str, pool: Pool, start: int, hours: int, *, priced: bool) -> Site:
    price = _series(Signal.PRICE, "price", zone, start, hours) if priced else None
    return Site(zone, pool, _series(Signal.CARBON, "carbon", zone, start, hours), price)


def _series(signal: Signal, kind: str, zone: str, start: int, hours: int) -> Series:
    first = _moments(kind).index(start)
    times = _moments(kind)[first : first + hours]
    values = _values(kind, zone)[first : first + hours]
    return Series(signal, times, values, times[-1] + HOUR, start, zone)


@cache
def _moments(kind: str) -> tuple[int, ...]:
    return tuple(int(datetime.fromisoformat(row["datetime"]).timestamp()) for row in _rows(kind))


@cache
def _values(kind: str, zone: str) -> tuple[float, ...]:
    return tuple(float(row[zone]) for row in _rows(kind))


@cache
def _rows(kind: str) -> list[dict[str, str]]:
    with (DATA / kind / "2022_hourly.csv").open() as file:
        return list(csv.DictReader(file))
