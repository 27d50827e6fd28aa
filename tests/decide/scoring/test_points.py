"""How much every job matters now: order among the jobs that are not put off."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.decide.pricing.price import Curve
from slurm_energy.decide.scoring.points import points
from slurm_energy.decide.scoring.regret import FULL_REGRET
from slurm_energy.decide.scoring.score_table import NO_LATEST_START
from slurm_energy.model.contract import Sensitivity, WorkloadClass
from slurm_energy.model.policy import Policy
from tests.builders import (
    HOUR,
    make_annotation,
    make_contract,
    make_curve,
    make_job,
    make_queue,
    make_subject,
)

POLICY = Policy()
FLAT = make_curve([0.0] * 192)
BAND = 1200
"""Twelve hours of age at a hundred points an hour."""
NOT_ASKED = float("nan")
TRAINING = WorkloadClass.TRAINING


def ranked(
    *jobs: tuple[int, float],
    curve: Curve | None = FLAT,
    workload_class: WorkloadClass = TRAINING,
    **contract: Any,
) -> list[int]:
    """Points of jobs that differ in (slack, price of waiting) alone."""
    annotation = make_annotation(make_contract(workload_class, **contract))
    subjects = [make_subject(make_job(number), annotation) for number in range(len(jobs))]
    slack, waiting = zip(*jobs, strict=True)
    found = points(
        subjects,
        np.array(slack, dtype=np.int32),
        make_queue([one.job for one in subjects]),
        {"east": dict.fromkeys(WorkloadClass, curve)},
        POLICY,
        np.array(waiting, dtype=np.float64),
    )
    return [int(one) for one in found]


def test_of_two_jobs_with_the_same_slack_the_one_whose_waiting_costs_more_goes_first() -> None:
    dear, cheap = ranked((HOUR, 1.5), (HOUR, 0.2))
    assert dear > cheap


def test_a_job_that_gains_by_waiting_has_no_price_of_waiting() -> None:
    gains, indifferent = ranked((HOUR, -1.0), (HOUR, 0.0))
    assert gains == indifferent


def test_no_later_course_is_the_full_price() -> None:
    none_left, dear = ranked((HOUR, float("inf")), (HOUR, FULL_REGRET))
    assert none_left == dear


def test_who_was_not_asked_is_scored_by_the_curve_of_his_class() -> None:
    rising = make_curve([0.0, *[FULL_REGRET] * 191])
    by_curve, by_itself = ranked((HOUR, NOT_ASKED), (HOUR, 0.0), curve=rising)
    assert by_curve > by_itself
    assert ranked((HOUR, NOT_ASKED), curve=None) == [by_itself]


def test_ample_slack_leaves_slurms_order_whatever_waiting_costs() -> None:
    assert ranked((NO_LATEST_START, 2.0), (6 * HOUR, 2.0)) == [0, 0]


PRICES = st.floats(-3, 3) | st.just(float("inf"))
SLACK = st.integers(-HOUR, 8 * HOUR)


@given(
    slack=st.tuples(SLACK, SLACK),
    waiting=st.tuples(PRICES, PRICES),
    urgency=st.integers(0, 100),
    sensitivity=st.sampled_from(Sensitivity),
    workload_class=st.sampled_from(WorkloadClass),
)
def test_less_slack_never_lowers_a_job(
    slack: tuple[int, int], waiting: tuple[float, float], **contract: Any
) -> None:
    """Fewer later courses are open to it, so waiting never costs it less, either."""
    nearer, farther = ranked((min(slack), max(waiting)), (max(slack), min(waiting)), **contract)
    assert nearer >= farther


@given(
    values=st.lists(st.floats(-3, 3), min_size=1, max_size=192),
    slack=st.tuples(SLACK, SLACK),
    sensitivity=st.sampled_from(Sensitivity),
)
def test_nor_does_it_where_only_the_curve_is_known(
    values: list[float], slack: tuple[int, int], sensitivity: Sensitivity
) -> None:
    nearer, farther = ranked(
        (min(slack), NOT_ASKED),
        (max(slack), NOT_ASKED),
        curve=make_curve(values),
        sensitivity=sensitivity,
    )
    assert nearer >= farther


@given(st.lists(st.tuples(SLACK, PRICES), min_size=1, max_size=8))
def test_points_are_whole_steps_of_the_band_and_the_same_every_time(
    jobs: list[tuple[int, float]],
) -> None:
    found = ranked(*jobs)
    assert found == ranked(*jobs)
    assert all(0 <= one <= BAND and one % (BAND // POLICY.levels) == 0 for one in found)


@given(st.lists(st.tuples(SLACK, PRICES), min_size=2, max_size=8), st.randoms())
def test_a_jobs_points_do_not_hang_on_its_neighbours(
    jobs: list[tuple[int, float]], random: Any
) -> None:
    shuffled = random.sample(jobs, len(jobs))
    assert (
        sorted(ranked(*shuffled))
        == sorted(ranked(*jobs))
        == sorted(one for job in jobs for one in ranked(job))
    )
