"""What history by user and name is worth against the history of the queue alone."""

from dataclasses import dataclass

import numpy as np
import pytest

from slurm_energy.decide.runtimes import History
from slurm_energy.model.contract import WorkloadClass
from tests.builders import HOUR, NOON, make_contract, make_job
from tests.ledger.builders import make_end, make_key

SLOT, SLOTS = 900, 288
CONTRACT = make_contract()
LIMITS = np.array([1, 2, 4, 8, 12, 24, 48, 72]) * HOUR
NEWS_IS_LATE = 20
"""A job is predicted while the twenty before it are still running."""


@dataclass(frozen=True)
class Run:
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
        runs.append(Run(f"user{user}", name, limit, seconds, seconds == limit))
    return runs


def losses(runs: list[Run], history: History, *, names: bool) -> tuple[float, float]:
    """(squared error of the survival curve summed over hours, minus log likelihood), per job.

    Both are proper scores. Judged from the first quarter on, each job before its end is taught.
    """
    time = np.arange(SLOTS) * SLOT
    errors, surprise = [], []
    for number, run in enumerate(runs):
        if number >= NEWS_IS_LATE:
            teach(history, number, runs[number - NEWS_IS_LATE], names=names)
        job = make_job(
            number,
            user=run.user if names else "",
            account="",
            name=run.name if names else "",
            time_limit=run.limit,
        )
        alive = history.shapes([job], [WorkloadClass.EVALUATION], SLOT, SLOTS).alive[0]
        lasted = run.seconds > time
        slot = int(lasted.sum())
        likely = alive[slot - 1] - (alive[slot] if slot < SLOTS else 0)
        if number >= len(runs) // 4:
            errors.append(float(((alive - lasted) ** 2).sum()) * SLOT / HOUR)
            surprise.append(-float(np.log(max(likely, 1e-4))))
    return float(np.mean(errors)), float(np.mean(surprise))


def teach(history: History, number: int, run: Run, *, names: bool) -> None:
    history.learn(
        make_end(
            make_key(number),
            user=run.user if names else "",
            account="",
            name=run.name if names else "",
            start=NOON + number,
            end=NOON + number + run.seconds,
            time_limit=run.limit,
            state="TIMEOUT" if run.timed_out else "COMPLETED",
        ),
        CONTRACT,
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_users_and_names_predict_better_than_the_queue_and_both_than_the_limit(seed: int) -> None:
    runs = series(seed)
    own = losses(runs, History(), names=True)
    queue = losses(runs, History(), names=False)
    limit = float(np.mean([run.limit - run.seconds for run in runs])) / HOUR
    assert own[0] < 0.92 * queue[0]
    assert own[1] < queue[1] - 0.1
    assert queue[0] < 0.3 * limit
