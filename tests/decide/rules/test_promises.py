"""Latest starts as a column say what each promise says, and dependents move both."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.decide.columns.rows import Lines, rows_of
from slurm_energy.decide.rules.guard import Subject
from slurm_energy.decide.rules.promise import Promise
from slurm_energy.decide.rules.promises import (
    UNBOUNDED,
    Grounds,
    Promises,
    latest_starts,
    own_starts,
    promises_of,
    work_done,
)
from slurm_energy.model.job import Queue
from slurm_energy.model.policy import Policy
from tests.builders import HOUR, NOON, maintenance, make_job, make_queue, make_running, make_subject
from tests.decide.subjects import SUBJECTS

QUEUE = make_queue()
WAITS = {("gpu", 0): 7 * 60, ("gpu", 2): 3 * HOUR}


def grounds(queue: Queue = QUEUE, now: int = NOON) -> Grounds:
    return Grounds(queue, Policy(), WAITS, now)


def promised(subjects: list[Subject], on: Grounds) -> Promises:
    rows = rows_of(subjects, Lines(), on)
    return promises_of(on, subjects, own_starts(on, subjects, rows.latest), rows.dependent)


def latest(promise: Promise) -> int:
    return int(UNBOUNDED) if promise.latest_start is None else promise.latest_start


@given(st.lists(SUBJECTS, max_size=6))
def test_the_column_says_what_each_promise_says(subjects: list[Subject]) -> None:
    on = grounds()
    column = latest_starts(on, subjects)
    assert column.tolist() == [latest(on.promise(one)) for one in subjects]


@given(st.lists(SUBJECTS, max_size=4), st.integers(0, 20))
def test_it_does_so_while_a_reservation_stands(subjects: list[Subject], hours: int) -> None:
    on = grounds(make_queue(reservations=(maintenance(NOON + hours * HOUR),)))
    found = promised([one for one in subjects if not one.job.dependency], on)
    assert found.latest.tolist() == [latest(one) for one in found]


def test_while_a_reservation_stands_the_time_matters() -> None:
    queue = make_queue(reservations=(maintenance(NOON + 10 * HOUR),))
    subject = make_subject()
    early, late = (
        promised([subject], grounds(queue, NOON + passed)) for passed in (0, int(9.5 * HOUR))
    )
    assert early.latest[0] < late.latest[0]


def test_a_run_adds_to_what_its_job_may_wait() -> None:
    running = make_running(NOON)
    first, later = (promised([running], grounds(now=NOON + ran)) for ran in (0, HOUR))
    assert (first.latest[0], later.latest[0]) == (NOON + 24 * HOUR, NOON + 25 * HOUR)
    assert work_done(running, NOON + HOUR, 600) == HOUR


def test_what_a_stop_cost_is_no_work() -> None:
    running = make_running(NOON)
    again = replace(running, held=replace(running.held, done=2 * HOUR, stops=2))
    assert work_done(again, NOON + HOUR, 600) == 3 * HOUR - 1200
    assert work_done(again, NOON, 2 * HOUR) == 0


def test_a_dependent_that_comes_brings_its_predecessor_forward_and_lets_go_again() -> None:
    first = make_subject(make_job(1))
    then = make_subject(make_job(2, dependency="afterok:1(unfulfilled)"))
    alone, both = promised([first], grounds()), promised([first, then], grounds())
    assert both.latest[0] == both.latest[1] - HOUR
    assert both[0].terms["dependent"] == both[0].latest_start == both.latest[0]
    assert promised([first], grounds())[0] == alone[0]
