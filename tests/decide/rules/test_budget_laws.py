"""No stream of jobs overdraws the budgets of deferral."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slurm_energy.decide.rules.budget import admitted, let_go, over_budget
from slurm_energy.decide.rules.guard import Subject
from slurm_energy.model.budget import Budgets, Charge, Tally
from slurm_energy.model.held import Held
from slurm_energy.model.job import JobKey
from tests.builders import HOUR
from tests.decide.budgets import EVALUATION, ROUNDING, TRAINING, Cluster, job_of

ARRIVALS = st.lists(
    st.fixed_dictionaries(
        {
            "workload_class": st.sampled_from([EVALUATION, TRAINING]),
            "account": st.sampled_from(["research", "physics"]),
            "gpus": st.integers(0, 8),
            "time_limit": st.sampled_from([HOUR, 10 * HOUR]) | st.none(),
            "array_task_count": st.sampled_from([0, 0, 5]),
        }
    ),
    max_size=4,
)
TURNS = st.lists(
    st.tuples(st.sampled_from([30, 900, HOUR, 9 * HOUR]), ARRIVALS, st.integers(0, 32)),
    min_size=1,
    max_size=10,
)
BUDGETS = st.builds(
    Budgets,
    deferred_share=st.none() | st.floats(0, 1),
    class_delay=st.dictionaries(
        st.sampled_from([EVALUATION, TRAINING]), st.integers(0, 8 * HOUR), max_size=2
    ),
    account_delay=st.none() | st.integers(0, 8 * HOUR),
    accounts=st.dictionaries(st.just("physics"), st.integers(0, 8 * HOUR), max_size=1),
    idle_gpu_hours=st.none() | st.floats(0, 40),
    window=st.sampled_from([24 * HOUR, 7 * 24 * HOUR]),
)


@dataclass
class Life:
    """What the test itself notes of one job."""

    subject: Subject
    waited: int = 0
    begin: int = 0


def mean_delay(lives: Sequence[Life], now: int, window: int) -> float:
    """By the definition: every job weighed by its age, what it waited and will wait for us."""
    weights = [exp(-(now - one.subject.annotation.submit) / window) for one in lives]
    tasks = [max(1, one.subject.job.array_task_count) for one in lives]
    delays = [one.waited + max(0, one.begin - now) for one in lives]
    jobs = sum(w * n for w, n in zip(weights, tasks, strict=True))
    waits = sum(w * n * d for w, n, d in zip(weights, tasks, delays, strict=True))
    return waits / jobs if jobs else 0.0


class Stream:
    """Jobs come, are put off as far as the budgets permit, are moved, let go, start and go."""

    def __init__(self, budgets: Budgets, data: st.DataObject) -> None:
        self.cluster, self.data = Cluster(budgets), data
        self.lives: list[Life] = []
        self.pending: dict[JobKey, Life] = {}
        self.most_idle = 0.0
        """GPU-hours that stood idle in one turn, at most."""

    def turn(self, pause: int, arrivals: Any, gpus_idle: int) -> None:
        cluster = self.cluster
        self.most_idle = max(self.most_idle, cluster.spent.idle_gpus * min(pause, HOUR) / HOUR)
        cluster.now += pause
        for life in self.pending.values():
            life.waited += max(0, min(life.begin, cluster.now) - (cluster.now - pause))
        self._some_go()
        for arrival in arrivals:
            life = Life(job_of(len(self.lives), submit_time=cluster.now, **arrival))
            self.lives.append(life)
            self.pending[life.subject.key] = life
        cluster.begin_turn(*(life.subject for life in self.pending.values()))
        self._put_off(self._plan(), gpus_idle)

    def _some_go(self) -> None:
        if self.pending:
            gone = self.data.draw(st.sets(st.sampled_from(sorted(self.pending))), "gone")
            for key in gone:
                self.pending.pop(key).begin = 0

    def _plan(self) -> dict[JobKey, Charge]:
        """Some stay put off as they are, for some it is wished (otherwise), some are let go."""
        spent, budgets = self.cluster.spent, self.cluster.budgets
        wishes = []
        for life in self.pending.values():
            delay = self.data.draw(st.sampled_from([0, HOUR, 5 * HOUR, 30 * HOUR]), "delay")
            if delay and over_budget(spent, budgets, life.subject) is None:
                wishes.append(self.cluster.wish(life.subject, delay))
        answers = admitted(spent, budgets, wishes)
        kept = {key: one for key, one in spent.open.items() if self.data.draw(st.booleans())}
        return kept | {
            key: one for (key, one), answer in zip(wishes, answers, strict=True) if answer is None
        }

    def _put_off(self, plan: dict[JobKey, Charge], gpus_idle: int) -> None:
        released, gpus_idle = let_go(self.cluster.spent, gpus_idle, plan)
        for key in released:
            del plan[key]
        self.cluster.put_off(*plan.items(), gpus_idle=gpus_idle)
        for key, life in self.pending.items():
            life.begin = plan[key].begin if key in plan else 0
            held = Held(begin=life.begin or life.subject.job.eligible_time)
            life.subject = replace(life.subject, held=held)


@settings(max_examples=100, deadline=None)
@given(BUDGETS, TURNS, st.data())
def test_no_stream_of_jobs_overdraws_a_budget(
    budgets: Budgets, turns: list[tuple[int, Any, int]], data: st.DataObject
) -> None:
    stream = Stream(budgets, data)
    for pause, arrivals, gpus_idle in turns:
        stream.turn(pause, arrivals, gpus_idle)
        the_budgets_are_kept(stream.cluster, stream.most_idle)
        the_means_are_what_they_are_called(stream.cluster, stream.lives)


def the_budgets_are_kept(cluster: Cluster, most_idle: float) -> None:
    """Means and share never beyond their budgets; idle hours by at most what one turn let idle."""
    spent, budgets = cluster.spent, cluster.budgets
    for name, most in budgets.class_delay.items():
        assert spent.classes.get(name, Tally()).mean <= most + ROUNDING
    for account, tally in spent.accounts.items():
        bound = budgets.of_account(account)
        assert bound is None or tally.mean <= bound + ROUNDING
    if budgets.deferred_share is not None:
        assert spent.deferred_gpu_hours <= budgets.deferred_share * spent.gpu_hours + ROUNDING
    if budgets.idle_gpu_hours is not None:
        assert spent.idle_gpu_hours <= budgets.idle_gpu_hours + most_idle + ROUNDING
        assert not (spent.resting and spent.idle_gpus)


def the_means_are_what_they_are_called(cluster: Cluster, lives: Sequence[Life]) -> None:
    """Added up turn by turn, and computed from every job's own life, they are the same."""
    window = cluster.budgets.window
    for name, tally in cluster.spent.classes.items():
        of_class = [o for o in lives if o.subject.annotation.contract.workload_class is name]
        assert tally.mean == pytest.approx(mean_delay(of_class, cluster.now, window), abs=1e-3)
    for account, tally in cluster.spent.accounts.items():
        of_account = [one for one in lives if one.subject.job.account == account]
        assert tally.mean == pytest.approx(mean_delay(of_account, cluster.now, window), abs=1e-3)
