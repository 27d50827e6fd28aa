"""The latest start: whatever binds first, with room for the usual wait."""

from slurm_energy.decide.rules.promise import Promise, promise, usual_wait
from slurm_energy.model.contract import Annotation
from slurm_energy.model.job import Job, Partition, Reservation
from slurm_energy.model.policy import Policy
from tests.builders import (
    HOUR,
    MINUTE,
    NODES,
    NOON,
    maintenance,
    make_annotation,
    make_contract,
    make_job,
)

POLICY = Policy(margin=15 * MINUTE, usual_wait=10 * MINUTE, wide_wait=24 * HOUR)
GPU = Partition("gpu", NODES, 32)
ROOM = HOUR + 25 * MINUTE
"""Time limit, usual wait and margin of the builder's job."""


def latest(
    job: Job | None = None,
    annotation: Annotation | None = None,
    reservations: tuple[Reservation, ...] = (),
) -> int | None:
    return bound(job, annotation, reservations).latest_start


def bound(
    job: Job | None = None,
    annotation: Annotation | None = None,
    reservations: tuple[Reservation, ...] = (),
) -> Promise:
    return promise(
        job or make_job(), annotation or make_annotation(), POLICY, {}, GPU, reservations, NOON
    )


def due(hours: float, max_delay: int | None = 24 * HOUR) -> Annotation:
    return make_annotation(make_contract(deadline=NOON + int(hours * HOUR), max_delay=max_delay))


def test_a_deadline_leaves_room_for_the_limit_the_usual_wait_and_the_margin() -> None:
    assert latest(annotation=due(12)) == NOON + 12 * HOUR - ROOM


def test_the_promise_of_an_array_holds_for_its_last_task() -> None:
    twelve_at_once = make_job(array_task_count=30, array_most=12)
    assert latest(twelve_at_once, due(12)) == NOON + 12 * HOUR - ROOM - 2 * HOUR
    four_fit = make_job(array_task_count=9, gpus=8)
    assert latest(four_fit, due(12)) == NOON + 12 * HOUR - ROOM - 2 * HOUR
    all_at_once = make_job(array_task_count=30)
    assert latest(all_at_once, due(12)) == NOON + 12 * HOUR - ROOM


def test_max_delay_counts_from_the_original_submit() -> None:
    requeued = make_job(submit_time=NOON + 5 * HOUR, restarts=1)
    annotation = make_annotation(make_contract(max_delay=6 * HOUR))
    assert latest(requeued, annotation) == NOON + 6 * HOUR


def test_max_delay_counts_from_the_users_own_begin() -> None:
    annotation = make_annotation(make_contract(max_delay=HOUR), user_begin=NOON + 2 * HOUR)
    assert latest(annotation=annotation) == NOON + 3 * HOUR


def test_the_nearer_of_deadline_and_max_delay_binds() -> None:
    assert latest(annotation=due(30, max_delay=6 * HOUR)) == NOON + 6 * HOUR
    assert latest(annotation=due(4, max_delay=6 * HOUR)) == NOON + 4 * HOUR - ROOM


def test_slurms_own_deadline_is_a_hard_limit_too() -> None:
    assert latest(make_job(deadline=NOON + 3 * HOUR), due(12)) == NOON + 3 * HOUR - ROOM


def test_a_deadline_without_a_time_limit_promises_nothing() -> None:
    assert latest(make_job(time_limit=None), due(12)) is None


def test_an_objective_on_the_wait_leaves_the_usual_wait_inside_it() -> None:
    annotation = make_annotation(make_contract(slo="wait<30m"))
    assert latest(annotation=annotation) == NOON + 20 * MINUTE


def test_an_objective_on_latency_says_nothing_about_the_start() -> None:
    annotation = make_annotation(make_contract(slo="p99<300ms"))
    assert latest(annotation=annotation) == NOON + 24 * HOUR


def test_without_deadline_and_max_delay_nothing_bounds_a_job() -> None:
    assert latest(annotation=make_annotation(make_contract(max_delay=None))) is None


def test_history_replaces_the_assumed_wait() -> None:
    assert usual_wait(make_job(nodes=2), POLICY, {("gpu", 1): 99}, GPU) == 99


def test_a_wide_job_leaves_backfills_whole_window() -> None:
    assert usual_wait(make_job(nodes=3), POLICY, {("gpu", 2): 99}, GPU) == 24 * HOUR


def test_the_run_ends_before_a_maintenance_that_would_block_it() -> None:
    ahead = maintenance(NOON + 10 * HOUR)
    assert latest(reservations=(ahead,)) == NOON + 9 * HOUR - 10 * MINUTE


def test_a_maintenance_far_behind_the_latest_start_changes_nothing() -> None:
    assert latest(annotation=due(6), reservations=(maintenance(NOON + 20 * HOUR),)) == latest(
        annotation=due(6)
    )


def test_a_maintenance_that_leaves_nodes_enough_blocks_nobody() -> None:
    part = Reservation("part", NOON + 2 * HOUR, NOON + 20 * HOUR, frozenset({"east0"}))
    assert latest(reservations=(part,)) == NOON + 24 * HOUR


def test_a_maintenance_that_blocks_it_in_any_case_is_not_ours() -> None:
    assert latest(reservations=(maintenance(NOON + HOUR // 2),)) == NOON + 24 * HOUR


def test_a_maintenance_that_only_a_start_at_once_can_beat_lets_nothing_wait() -> None:
    before = latest(reservations=(maintenance(NOON + HOUR + 5 * MINUTE),))
    assert before is not None
    assert before <= NOON


def test_a_wide_job_is_not_put_off_across_a_maintenance_within_backfills_window() -> None:
    before = latest(make_job(nodes=4), reservations=(maintenance(NOON + 20 * HOUR),))
    assert before is not None
    assert before <= NOON


def test_the_terms_say_what_bound_it() -> None:
    terms = bound(annotation=due(12)).terms
    assert terms["deadline"] == NOON + 12 * HOUR
    assert terms["usual_wait"] == 10 * MINUTE
