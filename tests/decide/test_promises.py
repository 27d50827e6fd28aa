"""A promise that was given is given again while all that it rests on is the same."""

from dataclasses import replace
from typing import TYPE_CHECKING

from slurm_energy.decide.promises import promises_of, work_done
from slurm_energy.model.policy import Policy
from tests.builders import HOUR, NOON, maintenance, make_job, make_queue, make_running, make_subject

if TYPE_CHECKING:
    from slurm_energy.decide.guard import Subject
    from slurm_energy.decide.promise import Waits

POLICY = Policy()
QUEUE = make_queue()


def test_the_same_job_gets_the_same_promise_without_working_it_out() -> None:
    subject = make_subject()
    (first,), given = promises_of(QUEUE, [subject], POLICY, {}, NOON)
    (second,), _ = promises_of(QUEUE, [subject], POLICY, {}, NOON + HOUR, given)
    assert second is first


def test_another_wait_policy_or_job_is_another_promise() -> None:
    subject = make_subject()
    changes: tuple[tuple[Subject, Policy, Waits], ...] = (
        (subject, POLICY, {("gpu", 0): 3 * HOUR}),
        (subject, replace(POLICY, margin=2 * HOUR), {}),
        (make_subject(make_job(time_limit=9 * HOUR)), POLICY, {}),
    )
    for one, policy, waits in changes:
        _, given = promises_of(QUEUE, [subject], POLICY, {}, NOON)
        again, _ = promises_of(QUEUE, [one], policy, waits, NOON, given)
        assert again == promises_of(QUEUE, [one], policy, waits, NOON)[0]
        assert again[0].terms != promises_of(QUEUE, [subject], POLICY, {}, NOON)[0][0].terms


def test_while_a_reservation_stands_the_time_matters() -> None:
    queue = make_queue(reservations=(maintenance(NOON + 10 * HOUR),))
    subject = make_subject()
    _, given = promises_of(queue, [subject], POLICY, {}, NOON)
    later = NOON + int(9.5 * HOUR)
    again, _ = promises_of(queue, [subject], POLICY, {}, later, given)
    assert again == promises_of(queue, [subject], POLICY, {}, later)[0]


def test_a_run_adds_to_what_its_job_may_wait() -> None:
    running = make_running(NOON)
    (first,), given = promises_of(QUEUE, [running], POLICY, {}, NOON)
    (later,), _ = promises_of(QUEUE, [running], POLICY, {}, NOON + HOUR, given)
    assert (first.latest_start, later.latest_start) == (NOON + 24 * HOUR, NOON + 25 * HOUR)
    assert work_done(running, NOON + HOUR, 600) == HOUR


def test_what_a_stop_cost_is_no_work() -> None:
    running = make_running(NOON)
    again = replace(running, held=replace(running.held, done=2 * HOUR, stops=2))
    assert work_done(again, NOON + HOUR, 600) == 3 * HOUR - 1200
    assert work_done(again, NOON, 2 * HOUR) == 0


def test_a_dependent_that_comes_brings_its_predecessor_forward_and_lets_go_again() -> None:
    first = make_subject(make_job(1))
    then = make_subject(make_job(2, dependency="afterok:1(unfulfilled)"))
    (alone,), given = promises_of(QUEUE, [first], POLICY, {}, NOON)
    (before, _), given = promises_of(QUEUE, [first, then], POLICY, {}, NOON, given)
    (again,), _ = promises_of(QUEUE, [first], POLICY, {}, NOON, given)
    assert before.terms["dependent"] == before.latest_start
    assert again == alone
