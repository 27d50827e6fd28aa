"""A made trace of an AI cluster: seeded, so that the same seed gives the same jobs.

Users sit down for sessions by the day and the week, and submit one of their works a few times.
:mod:`slurm_energy.simulate.habits` states the figures, docs/simulate.md what came of them.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from slurm_energy.errors import InputError
from slurm_energy.simulate.habits import (
    BY_DAY,
    BY_HOUR,
    CPUS_PER_GPU,
    DAY,
    FAILING,
    HABITS,
    HOUR,
    TRIED_ONCE,
)
from slurm_energy.simulate.trace import Trace, TraceJob
from slurm_energy.simulate.works import User, Work, tried_once, users

_SHORTEST = 5
"""Seconds that even a failing run takes."""
_LONGEST_SESSION = 40


def generate(seed: int, jobs: int, days: float, *, people: int = 60, widest: int = 64) -> Trace:
    """A trace of exactly ``jobs`` records over ``days`` from a Monday's midnight on.

    ``widest`` bounds the GPUs of a job. Raises ``InputError`` for sizes that make no trace.
    """
    _check(jobs, days, people, widest)
    rng = np.random.default_rng(seed)
    everybody = users(rng, people, widest)
    drawn = sorted(
        islice(_submissions(rng, everybody, days), jobs), key=lambda submission: submission[0]
    )
    runs: Counter[tuple[str, str]] = Counter()
    made = []
    for number, (submit, work) in enumerate(drawn, start=1):
        runs[work.user, work.stem] += 1
        made.append(_job(rng, number, submit, work, runs[work.user, work.stem]))
    return Trace(tuple(made), f"generated with seed {seed}")


def _check(jobs: int, days: float, people: int, widest: int) -> None:
    sizes = {"jobs": jobs, "days": days, "people": people, "widest": widest}
    for name, value in sizes.items():
        least = 1 / 24 if name == "days" else 1
        if not least <= value <= 10_000_000:
            msg = f"{name} {value} makes no trace; use {least:.3g} to 10000000"
            raise InputError(msg)


def _submissions(
    rng: np.random.Generator, everybody: tuple[User, ...], days: float
) -> Iterator[tuple[int, Work]]:
    """Without end: moments in seconds and what is submitted, session by session."""
    weights = np.array([user.weight for user in everybody])
    busy = weights / weights.sum()
    rhythms = {shift: _rhythm(days, shift) for shift in {user.shift for user in everybody}}
    while True:
        user = everybody[int(rng.choice(len(busy), p=busy))]
        work = user.works[int(rng.choice(len(user.works), p=user.weights))]
        if rng.random() < TRIED_ONCE:
            work = tried_once(rng, work)
        habit = HABITS[work.workload_class]
        moment = _moment(rng, rhythms[user.shift])
        for _ in range(min(_LONGEST_SESSION, int(rng.geometric(1 / habit.repeats)))):
            if moment < days * DAY:
                yield int(moment), work
            moment += rng.exponential(habit.gap)


def _rhythm(days: float, shift: int) -> NDArray[np.float64]:
    """Share of all sessions that have begun by the end of each hour of the trace."""
    hours = np.arange(int(np.ceil(days * 24)))
    local = hours + shift
    weight = np.array(BY_HOUR)[local % 24] * np.array(BY_DAY)[local // 24 % 7]
    total: NDArray[np.float64] = np.cumsum(weight) / weight.sum()
    return total


def _moment(rng: np.random.Generator, rhythm: NDArray[np.float64]) -> float:
    hour = min(int(np.searchsorted(rhythm, rng.random(), side="right")), len(rhythm) - 1)
    return HOUR * (hour + float(rng.random()))


def _job(rng: np.random.Generator, number: int, submit: int, work: Work, run: int) -> TraceJob:
    return TraceJob(
        number=number,
        submit=submit,
        run=_run(rng, work),
        gpus=work.gpus,
        cpus=work.gpus * CPUS_PER_GPU,
        nodes=work.nodes,
        user=work.user,
        account=work.account,
        name=f"{work.stem}-{run}",
        partition=HABITS[work.workload_class].partition,
        workload_class=work.workload_class,
        limit=work.limit,
        deadline=None if work.deadline is None else submit + work.deadline,
        max_delay=work.max_delay,
        tasks=work.tasks,
        interruptible=work.interruptible,
    )


def _run(rng: np.random.Generator, work: Work) -> int:
    """Seconds: its usual time with its own spread, or an early failure, never past its limit."""
    seconds = work.usual * float(rng.lognormal(0.0, work.spread))
    if rng.random() < FAILING:
        seconds = work.usual * float(rng.uniform(0.0, 1 / 3))
    return min(work.limit, max(_SHORTEST, round(seconds)))
