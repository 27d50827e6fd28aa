"""What history by user and name is worth against the history of the queue alone."""

from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
import pytest

from slurm_energy.decide.durations.runtimes import History
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.decision import JobEnd
from tests.builders import HOUR, NOON, make_contract, make_job
from tests.ledger.builders import make_end

SLOT, SLOTS = 900, 288
CONTRACT = make_contract()
BETWEEN = 600
"""Seconds between two submissions, on average."""
LIMITS = np.array([1, 2, 4, 8, 12, 24, 48, 72]) * HOUR


Worth = tuple[float, float, float, float, float]


@dataclass(frozen=True)
class Run:
    start: int
    user: str
    name: str
    limit: int
    seconds: int
    timed_out: bool


def series(seed: int, count: int = 1200, users: int = 30) -> list[Run]:
    """Users with a few series each: some steady, some not, some that fail early; all over-ask.

    Now and then (1 in 100) a series becomes another kind of work under the same name.
    """
    rng = np.random.default_rng(seed)
    usual = rng.normal(8.2, 0.8, users)
    busy = rng.pareto(1.2, users) + 0.1
    known: dict[tuple[int, int], tuple[float, float, float, int]] = {}
    runs = []
    start = NOON
    for number in range(count):
        user = int(rng.choice(users, p=busy / busy.sum()))
        which = user, min(int(rng.geometric(0.45)), 6)
        if which not in known or rng.random() < 0.01:
            middle = usual[user] + rng.normal(0, 1)
            asked = LIMITS[min(np.searchsorted(LIMITS, np.exp(middle) * rng.uniform(1.2, 8)), 7)]
            known[which] = middle, rng.uniform(0.05, 0.8), rng.uniform(0, 0.25), int(asked)
        middle, spread, fails, limit = known[which]
        takes = rng.exponential(300) if rng.random() < fails else np.exp(rng.normal(middle, spread))
        seconds = int(np.clip(takes, 1, limit))
        name = f"series{which[1]}-run-{number}"
        start += int(rng.exponential(BETWEEN))
        runs.append(Run(start, f"user{user}", name, limit, seconds, seconds == limit))
    return runs


def losses(runs: list[Run], history: History, *, names: bool) -> tuple[float, float]:
    """(squared error of the survival curve summed over hours, minus log likelihood), per job.

    Both are proper scores. Each job is predicted at its start, from what had ended by then; those
    from the first quarter on count.
    """
    time = np.arange(SLOTS) * SLOT
    errors, surprise = [], []
    running: list[tuple[int, int]] = []
    for number, run in enumerate(runs):
        while running and running[0][0] <= run.start:
            history.learn(end_of(runs[heappop(running)[1]], names=names), CONTRACT)
        heappush(running, (run.start + run.seconds, number))
        user, name = (run.user, run.name) if names else ("", "")
        job = make_job(number, user=user, account="", name=name, time_limit=run.limit)
        alive = history.shapes([job], [WorkloadClass.EVALUATION], SLOT, SLOTS).alive[0]
        lasted = run.seconds > time
        slot = int(lasted.sum())
        likely = alive[slot - 1] - (alive[slot] if slot < SLOTS else 0)
        if number >= len(runs) // 4:
            errors.append(float(((alive - lasted) ** 2).sum()) * SLOT / HOUR)
            surprise.append(-float(np.log(max(likely, 1e-4))))
    return float(np.mean(errors)), float(np.mean(surprise))


def end_of(run: Run, *, names: bool) -> JobEnd:
    return make_end(
        user=run.user if names else "",
        account="",
        name=run.name if names else "",
        start=run.start,
        end=run.start + run.seconds,
        time_limit=run.limit,
        state="TIMEOUT" if run.timed_out else "COMPLETED",
    )


@pytest.fixture(scope="module")
def worth() -> list[Worth]:
    """(own, queue, limit alone: error), (own, queue: surprise) on three histories."""
    found = []
    for seed in (1, 2, 3):
        runs = series(seed)
        own = losses(runs, History(), names=True)
        queue = losses(runs, History(), names=False)
        limit = float(np.mean([run.limit - run.seconds for run in runs])) / HOUR
        found.append((own[0], queue[0], limit, own[1], queue[1]))
    return found


def test_users_and_names_predict_better_than_the_queue(
    worth: list[Worth],
) -> None:
    assert all(own < queue for own, queue, *_ in worth)
    assert sum(own for own, *_ in worth) < 0.95 * sum(queue for _, queue, *_ in worth)


def test_what_happens_was_held_more_likely(
    worth: list[Worth],
) -> None:
    assert all(own < queue - 0.1 for *_, own, queue in worth)


def test_any_history_predicts_better_than_the_limit(
    worth: list[Worth],
) -> None:
    assert all(queue < 0.3 * limit for _, queue, limit, *_ in worth)
