"""Scenes small enough to work out by hand: they start at 0, an hour is 3600."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.series import Series, Signal
from slurm_energy.simulate.scene import Nodes, Pool, Scene, Site
from slurm_energy.simulate.schedule import Schedule
from slurm_energy.simulate.trace import TraceJob

HOUR = 3600
UNLIMITED = Pool(None)


def a_job(
    submit: int = 0,
    run: int = HOUR,
    gpus: int = 1,
    *,
    max_delay: int | None = HOUR,
    workload_class: WorkloadClass | None = WorkloadClass.TRAINING,
    interruptible: bool = False,
) -> TraceJob:
    """A job of one unit for an hour that may wait an hour; ``replace`` for anything else."""
    return TraceJob(
        number=1,
        submit=submit,
        run=run,
        gpus=gpus,
        workload_class=workload_class,
        max_delay=max_delay,
        interruptible=interruptible,
    )


def hourly(*values: float, signal: Signal = Signal.CARBON) -> Series:
    """One value an hour from 0."""
    times = tuple(HOUR * index for index in range(len(values)))
    return Series(signal, times, values, HOUR * len(values), 0, "test")


def a_scene(
    jobs: Sequence[TraceJob],
    carbon: Series,
    machines: Pool | Nodes = UNLIMITED,
    *,
    price: Series | None = None,
    second: Site | None = None,
    interruption_cost: int = 0,
) -> Scene:
    """The jobs, numbered from 1, on one site or two, as long as the signal lasts."""
    numbered = tuple(replace(job, number=number) for number, job in enumerate(jobs, 1))
    sites = (Site("here", machines, carbon, price), *((second,) if second else ()))
    return Scene(numbered, sites, 0, carbon.end, interruption_cost=interruption_cost)


def a_schedule(*rows: tuple[int, int, int], site: int = 0, units: int = 1) -> Schedule:
    """A schedule of (job, start, end)."""
    job, start, end = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    one = np.ones(len(job), np.int64)
    return Schedule("a test's", job, 0 * one, start, end, site * one, units * one)


def runs(schedule: Schedule) -> list[tuple[int, int, int]]:
    """(job, start, end) of every piece, in order."""
    columns = (schedule.job, schedule.start, schedule.end)
    return sorted(zip(*(column.tolist() for column in columns), strict=True))
