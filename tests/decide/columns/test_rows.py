"""A row of the columns says what the rules say of its job."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.decide.columns.census import census
from slurm_energy.decide.columns.coded import NONE, REASON, REASONS
from slurm_energy.decide.columns.rows import Lines, Rows, rows_of
from slurm_energy.decide.draft import Case
from slurm_energy.decide.planner import NOTHING
from slurm_energy.decide.power.powernow import UNLIMITED
from slurm_energy.decide.rules.guard import (
    Subject,
    demand_hours,
    undeferrable,
    untouchable,
    wants_to_start,
)
from slurm_energy.decide.rules.promises import Grounds, promises_of, work_done
from slurm_energy.decide.scoring.age import owed_by_all, owed_points
from slurm_energy.decide.scoring.points import curve_cluster
from slurm_energy.decide.sorting import undeferrables
from slurm_energy.model.decision import Reason
from slurm_energy.model.policy import Policy
from tests.builders import HOUR, NOON, make_queue
from tests.decide.subjects import SUBJECTS

MANY = st.lists(SUBJECTS, max_size=5, unique_by=lambda one: one.job.job_id)
COST = 600
NOW = st.sampled_from([NOON, NOON + 5 * 60, NOON + 6 * HOUR])


def columns(subjects: list[Subject], now: int = NOON) -> tuple[Rows, Lines]:
    lines = Lines()
    return rows_of(subjects, lines, Grounds(make_queue(), Policy(), {}, now)), lines


def codes(reasons: list[Reason | None]) -> list[int]:
    return [NONE if one is None else REASON[one] for one in reasons]


@given(MANY, NOW)
def test_rules_about_one_job_are_comparisons_of_its_row(subjects: list[Subject], now: int) -> None:
    rows, lines = columns(subjects)
    assert rows.untouchable.tolist() == codes([untouchable(one) for one in subjects])
    assert rows.floor.tolist() == [one.begin_floor for one in subjects]
    assert rows.ours(now).tolist() == [one.our_begin(now) or 0 for one in subjects]
    done = [work_done(one, now, COST) for one in subjects]
    assert rows.work_done(now, COST).tolist() == done
    paid = [lines.known[number] for number in rows.line.tolist()]
    assert [line[0] for line in paid] == [curve_cluster(one.job) for one in subjects]
    assert [line[1:] for line in paid] == [
        (one.annotation.contract.workload_class, one.annotation.contract.sensitivity)
        for one in subjects
    ]


@given(MANY, NOW)
def test_who_may_not_be_put_off_is_the_same_row_by_row(subjects: list[Subject], now: int) -> None:
    queue = make_queue([one.job for one in subjects])
    rows, lines = columns(subjects, now)
    grounds = Grounds(queue, Policy(), {}, now)
    promises = promises_of(grounds, subjects, rows.latest, rows.dependent)
    case = Case(
        queue,
        census(queue.jobs),
        subjects,
        rows,
        lines.known,
        promises,
        {},
        Policy(),
        now,
        NOTHING,
        UNLIMITED,
    )
    expected = [
        undeferrable(one, promise, now) for one, promise in zip(subjects, promises, strict=True)
    ]
    assert [
        None if code == NONE else REASONS[code] for code in undeferrables(case).tolist()
    ] == expected


@given(MANY, st.lists(st.sampled_from([0, NOON + HOUR]), min_size=5, max_size=5), st.booleans())
def test_age_is_owed_row_by_row_as_to_each_job(
    subjects: list[Subject], begins: list[int], forgets: bool
) -> None:
    queue = make_queue(forgets_age=forgets, age_points_per_hour=77.7, age_points_most=300)
    rows, _ = columns(subjects)
    begin = np.array(begins[: len(subjects)], dtype=np.int64)
    owed = owed_by_all(rows.touched, rows.earning, rows.aging, begin, queue)
    assert owed.tolist() == [
        owed_points(one.job, one.annotation, one.held, start, queue)
        for one, start in zip(subjects, begins, strict=False)
    ]


@given(MANY, NOW)
def test_the_census_counts_what_the_rules_count(subjects: list[Subject], now: int) -> None:
    queue = make_queue([one.job for one in subjects])
    counted = census(queue.jobs)
    assert counted.wanting(now).tolist() == [wants_to_start(job, now) for job in queue.jobs]
    assert counted.demand_hours(queue, now) == pytest.approx(demand_hours(queue, now), abs=0)
