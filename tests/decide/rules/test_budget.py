"""Budgets of deferral: what a turn may still put off."""

from dataclasses import replace
from typing import Any

import pytest

from slurm_energy.decide.rules.budget import admitted, budget_terms, let_go, over_budget, spare_gpus
from slurm_energy.decide.rules.spending import advance, charge
from slurm_energy.model.budget import Budgets, Spent, Tally
from slurm_energy.model.decision import Reason
from tests.builders import HOUR, MINUTE, NOON, make_annotation, make_job, make_queue, make_subject
from tests.decide.budgets import EVALUATION, RUN, TRAINING, Cluster, job_of


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
