"""A plan held to the budgets."""

from typing import Any

import pytest

from slurm_energy.decide.rules.allot import Allotment, Wanted, allot
from slurm_energy.decide.rules.guard import Subject
from slurm_energy.decide.rules.spending import advance
from slurm_energy.model.budget import Budgets, Spent
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.decision import Reason
from tests.builders import HOUR, NOON, make_job, make_queue, make_subject

EVALUATION = WorkloadClass.EVALUATION
TWO_HOURS = Budgets(class_delay={EVALUATION: 2 * HOUR})


def jobs(count: int, **changes: Any) -> list[Subject]:
    return [make_subject(make_job(number, **changes)) for number in range(count)]


def planned(
    subjects: list[Subject],
    budgets: Budgets,
    *wanted: Wanted,
    spent: Spent | None = None,
    now: int = NOON,
    idle: int = 32,
) -> Allotment:
    queue = make_queue([one.job for one in subjects], gpus_idle=idle, read_at=now)
    found = advance(spent or Spent(), queue, subjects, budgets, HOUR, now)
    return allot(found, budgets, queue, subjects, wanted, HOUR, now)


def test_without_budgets_the_plan_stays_as_it_is() -> None:
    result = planned(jobs(1), Budgets(), Wanted(0, NOON + 40 * HOUR, 1.0))
    assert (result.refused, result.kept, result.released) == ({}, {}, frozenset())


def test_what_saves_the_most_per_second_of_delay_goes_first() -> None:
    subjects = jobs(2)
    little = Wanted(0, NOON + 4 * HOUR, worth=1.0)
    much = Wanted(1, NOON + 4 * HOUR, worth=9.0)
    assert planned(subjects, TWO_HOURS, little, much).refused == {0: Reason.CLASS_DELAY_SPENT}
    assert planned(subjects, TWO_HOURS, much, little).refused == {0: Reason.CLASS_DELAY_SPENT}


def test_what_is_put_off_keeps_its_begin_where_a_later_one_is_not_permitted() -> None:
    subjects = jobs(1)
    first = planned(subjects, TWO_HOURS, Wanted(0, NOON + 2 * HOUR, 1.0))
    second = planned(
        subjects, TWO_HOURS, Wanted(0, NOON + 3 * HOUR, 9.0), spent=first.spent, now=NOON + 60
    )
    assert second.kept == {0: NOON + 2 * HOUR}
    assert second.refused == {}
    assert second.spent.classes[EVALUATION].mean == pytest.approx(2 * HOUR)


def test_a_job_that_is_not_wanted_any_more_pays_for_its_wait_only() -> None:
    subjects = jobs(1)
    first = planned(subjects, TWO_HOURS, Wanted(0, NOON + 2 * HOUR, 1.0))
    second = planned(subjects, TWO_HOURS, spent=first.spent, now=NOON + HOUR)
    assert second.spent.classes[EVALUATION].mean == pytest.approx(HOUR)


def test_once_enough_stood_idle_the_oldest_run_as_far_as_they_fit() -> None:
    budgets = Budgets(idle_gpu_hours=8.0)
    subjects = jobs(3, gpus=4)
    wanted = [Wanted(row, NOON + 9 * HOUR, 1.0) for row in range(3)]
    first = planned(subjects, budgets, *wanted, idle=8)
    assert first.spent.idle_gpus == 8
    second = planned(subjects, budgets, *wanted, spent=first.spent, now=NOON + HOUR + 60, idle=8)
    assert second.released == {0, 1}
    assert second.spent.idle_gpus == 0
