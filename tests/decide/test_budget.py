"""Budgets of deferral: what a turn may still put off, and that no stream of jobs overdraws them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import exp
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slurm_energy.decide.budget import admitted, budget_terms, let_go, over_budget, spare_gpus
from slurm_energy.decide.guard import Subject
from slurm_energy.decide.spending import advance, charge, charged
from slurm_energy.model.budget import Budgets, Charge, Spent, Tally
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.decision import Reason
from slurm_energy.model.held import Held
from slurm_energy.model.job import JobKey
from tests.builders import (
    HOUR,
    MINUTE,
    NOON,
    make_annotation,
    make_contract,
    make_job,
    make_queue,
    make_subject,
)

EVALUATION, TRAINING = WorkloadClass.EVALUATION, WorkloadClass.TRAINING
RUN = HOUR
ROUNDING = 1e-6


def job_of(
    number: int = 100,
    workload_class: WorkloadClass = EVALUATION,
    begin: int | None = None,
    **job: Any,
) -> Subject:
    """A pending job of ours; ``begin``: the begin time that we gave it."""
    submit = job.setdefault("submit_time", NOON)
    annotation = make_annotation(make_contract(workload_class), submit=submit)
    shown = make_job(number, eligible_time=begin or submit, **job)
    return make_subject(shown, annotation, Held(begin=begin or submit))


@dataclass
class Cluster:
    """One cluster's budgets over its turns, planned by hand."""

    budgets: Budgets
    now: int = NOON
    spent: Spent = field(default_factory=Spent)

    def begin_turn(self, *subjects: Subject) -> None:
        queue = make_queue([subject.job for subject in subjects], read_at=self.now)
        self.spent = advance(self.spent, queue, subjects, self.budgets, RUN, self.now)

    def wish(self, subject: Subject, delay: int) -> tuple[JobKey, Charge]:
        return subject.key, charge(subject, self.now + delay, self.spent, RUN, self.now)

    def put_off(self, *wishes: tuple[JobKey, Charge], gpus_idle: int = 0) -> None:
        self.spent = charged(self.spent, dict(wishes), gpus_idle, self.budgets)


def two_hours_for_evaluations(**changes: Any) -> Cluster:
    return Cluster(Budgets(class_delay={EVALUATION: 2 * HOUR}, **changes))


def test_without_budgets_everything_may_be_put_off() -> None:
    cluster, subject = Cluster(Budgets()), job_of()
    cluster.begin_turn(subject)
    assert over_budget(cluster.spent, cluster.budgets, subject) is None
    assert admitted(cluster.spent, cluster.budgets, [cluster.wish(subject, 40 * HOUR)]) == [None]
    assert not Budgets().bound


def test_a_delay_that_would_overdraw_the_mean_of_a_class_is_not_given() -> None:
    cluster, jobs = two_hours_for_evaluations(), [job_of(number) for number in range(3)]
    cluster.begin_turn(*jobs)
    delays = (5 * HOUR, 2 * HOUR, HOUR)
    wishes = [cluster.wish(one, delay) for one, delay in zip(jobs, delays, strict=True)]
    assert admitted(cluster.spent, cluster.budgets, wishes) == [
        None,
        Reason.CLASS_DELAY_SPENT,
        None,
    ]


def test_a_mean_that_is_used_up_stops_the_class_and_no_other() -> None:
    cluster, late, other = two_hours_for_evaluations(), job_of(1), job_of(2, TRAINING)
    cluster.begin_turn(late, other)
    cluster.put_off(cluster.wish(late, 2 * HOUR))
    newcomer = job_of(3)
    assert over_budget(cluster.spent, cluster.budgets, newcomer) is Reason.CLASS_DELAY_SPENT
    assert over_budget(cluster.spent, cluster.budgets, other) is None


def test_jobs_that_are_not_put_off_make_room_again() -> None:
    cluster, late = two_hours_for_evaluations(), job_of(1)
    cluster.begin_turn(late)
    cluster.put_off(cluster.wish(late, 2 * HOUR))
    cluster.now += MINUTE
    newcomers = [job_of(number, submit_time=cluster.now) for number in range(2, 5)]
    cluster.begin_turn(late, *newcomers)
    assert over_budget(cluster.spent, cluster.budgets, newcomers[0]) is None
    assert cluster.spent.classes[EVALUATION].mean == pytest.approx(HOUR / 2, rel=1e-3)


def test_what_is_put_off_stays_so_and_may_be_moved_earlier_but_not_later() -> None:
    cluster, late = two_hours_for_evaluations(), job_of(1)
    cluster.begin_turn(late)
    cluster.put_off(cluster.wish(late, 2 * HOUR))
    assert over_budget(cluster.spent, cluster.budgets, late) is None
    earlier, later = cluster.wish(late, HOUR), cluster.wish(late, 3 * HOUR)
    assert admitted(cluster.spent, cluster.budgets, [earlier]) == [None]
    assert admitted(cluster.spent, cluster.budgets, [later]) == [Reason.CLASS_DELAY_SPENT]


def test_each_account_has_a_budget_and_some_their_own() -> None:
    budgets = Budgets(account_delay=2 * HOUR, accounts={"physics": 0})
    cluster = Cluster(budgets)
    ours, theirs = job_of(1, account="research"), job_of(2, account="physics")
    cluster.begin_turn(ours, theirs)
    assert over_budget(cluster.spent, budgets, theirs) is Reason.ACCOUNT_DELAY_SPENT
    assert admitted(cluster.spent, budgets, [cluster.wish(ours, 3 * HOUR)]) == [
        Reason.ACCOUNT_DELAY_SPENT
    ]


def test_the_share_counts_gpu_hours_of_all_jobs_ours_or_not() -> None:
    cluster = Cluster(Budgets(deferred_share=0.5))
    ours = [job_of(1, gpus=2), job_of(2, gpus=2)]
    queue = make_queue([*(one.job for one in ours), make_job(3, submit_time=NOON)])
    cluster.spent = advance(cluster.spent, queue, ours, cluster.budgets, RUN, NOON)
    wishes = [cluster.wish(one, HOUR) for one in ours]
    assert admitted(cluster.spent, cluster.budgets, wishes) == [None, Reason.SHARE_SPENT]
    cluster.put_off(wishes[0])
    assert cluster.spent.deferred_share == pytest.approx(2 / 5)


def test_an_array_counts_all_its_tasks() -> None:
    cluster = two_hours_for_evaluations(deferred_share=1.0)
    array = job_of(1, array_task_count=10)
    cluster.begin_turn(array)
    assert cluster.spent.gpu_hours == pytest.approx(10)
    assert admitted(cluster.spent, cluster.budgets, [cluster.wish(array, 2 * HOUR)]) == [None]
    cluster.put_off(cluster.wish(array, 2 * HOUR))
    assert cluster.spent.classes[EVALUATION].delay == pytest.approx(20 * HOUR)


def test_who_is_let_go_early_pays_only_for_the_time_he_waited() -> None:
    cluster, late = two_hours_for_evaluations(), job_of(1)
    cluster.begin_turn(late)
    cluster.put_off(cluster.wish(late, 2 * HOUR))
    cluster.now += HOUR // 2
    cluster.begin_turn(job_of(1, begin=NOON + 2 * HOUR))
    cluster.put_off()
    assert cluster.spent.classes[EVALUATION].mean == pytest.approx(HOUR / 2)


def test_the_users_own_begin_is_no_delay_of_ours() -> None:
    own = NOON + HOUR
    annotation = make_annotation(user_begin=own)
    subject = make_subject(make_job(eligible_time=own), annotation)
    cluster = two_hours_for_evaluations()
    cluster.begin_turn(subject)
    cluster.put_off((subject.key, charge(subject, own + HOUR, cluster.spent, RUN, NOON)))
    assert cluster.spent.classes[EVALUATION].mean == pytest.approx(HOUR)


def test_a_daemon_without_memory_of_the_open_ones_does_not_charge_them_again() -> None:
    cluster, late = two_hours_for_evaluations(), job_of(1)
    cluster.begin_turn(late)
    cluster.put_off(cluster.wish(late, 2 * HOUR))
    cluster.spent = replace(cluster.spent, open={}, asked=None, came=None)
    cluster.now += MINUTE
    shown = job_of(1, begin=NOON + 2 * HOUR)
    cluster.begin_turn(shown)
    cluster.put_off(*cluster.spent.open.items())
    assert cluster.spent.classes[EVALUATION].mean == pytest.approx(2 * HOUR)
    assert over_budget(cluster.spent, cluster.budgets, shown) is None


def test_a_job_counts_once_though_it_comes_in_the_second_of_a_turn_or_by_a_slow_clock() -> None:
    cluster, early = two_hours_for_evaluations(), job_of(1)
    cluster.begin_turn(early)
    same_second, slow_clock = job_of(2), job_of(3, submit_time=NOON - 20)
    for _ in range(3):
        cluster.now += 30
        cluster.begin_turn(early, same_second, slow_clock)
    assert cluster.spent.classes[EVALUATION].jobs == pytest.approx(3, rel=1e-3)


def test_a_job_that_was_stopped_while_it_ran_is_charged_when_it_comes_back() -> None:
    cluster = two_hours_for_evaluations()
    cluster.begin_turn(job_of(1), job_of(2))
    cluster.now += HOUR
    back = job_of(1, begin=cluster.now + HOUR)
    requeued = replace(back.job, submit_time=cluster.now, restarts=1)
    cluster.begin_turn(replace(back, job=requeued), job_of(2))
    assert cluster.spent.classes[EVALUATION].mean == pytest.approx(HOUR / 2)


class TestIdle:
    """GPU-hours that stand idle while a put-off job could use them."""

    def cluster(self) -> Cluster:
        return Cluster(Budgets(idle_gpu_hours=4.0))

    def test_only_gpus_that_a_put_off_job_could_use_count(self) -> None:
        cluster, small, wide = self.cluster(), job_of(1, gpus=2), job_of(2, gpus=8)
        cluster.begin_turn(small, wide)
        cluster.put_off(cluster.wish(small, HOUR), cluster.wish(wide, HOUR), gpus_idle=4)
        cluster.now += HOUR // 2
        cluster.begin_turn(small, wide)
        assert cluster.spent.idle_gpu_hours == pytest.approx(1.0)

    def test_used_up_it_lets_the_oldest_go_as_far_as_they_fit(self) -> None:
        cluster = self.cluster()
        jobs = [job_of(number, gpus=gpus) for number, gpus in enumerate((2, 16, 4, 4))]
        cluster.begin_turn(*jobs)
        cluster.put_off(*(cluster.wish(one, 24 * HOUR) for one in jobs), gpus_idle=8)
        cluster.now += HOUR
        cluster.begin_turn(*jobs)
        assert cluster.spent.resting
        assert over_budget(cluster.spent, cluster.budgets, job_of(9)) is Reason.IDLE_SPENT
        released = frozenset((jobs[0].key, jobs[2].key))
        assert let_go(cluster.spent, 7, cluster.spent.open) == (released, 1)

    def test_gpus_that_an_eligible_job_will_take_are_not_idle_for_us(self) -> None:
        cluster, late = self.cluster(), job_of(1, gpus=2)
        cluster.begin_turn(late)
        put_off = dict([cluster.wish(late, HOUR)])
        others = [make_job(2, gpus=20), make_job(3, gpus=64), make_job(4, gpus=4, held=True)]
        assert spare_gpus(make_queue([late.job, *others]), put_off) == 32 - 20

    def test_it_recovers_over_a_day_and_not_at_once(self) -> None:
        cluster = self.cluster()
        cluster.spent = Spent(at=NOON, idle_gpu_hours=4.1, resting=True)
        cluster.now += HOUR
        cluster.begin_turn()
        assert cluster.spent.resting
        cluster.now += 6 * HOUR
        cluster.begin_turn()
        assert not cluster.spent.resting


def test_explain_is_told_what_is_spent_and_what_is_permitted() -> None:
    budgets = Budgets(
        deferred_share=0.5, class_delay={EVALUATION: HOUR}, account_delay=7200, idle_gpu_hours=9.0
    )
    spent = Spent(
        classes={EVALUATION: Tally(2, 3600)}, gpu_hours=8, deferred_gpu_hours=2, idle_gpu_hours=1
    )
    assert budget_terms(spent, budgets, job_of()) == {
        "class_mean_delay": 1800,
        "class_most_delay": 3600,
        "account_mean_delay": 0,
        "account_most_delay": 7200,
        "deferred_share": 0.25,
        "most_deferred_share": 0.5,
        "idle_gpu_hours": 1,
        "most_idle_gpu_hours": 9.0,
    }
    assert budget_terms(spent, Budgets(), job_of()) == {}


# The laws, under any stream of jobs.

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
