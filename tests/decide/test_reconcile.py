"""A field is ours only while it holds what we last wrote."""

import pytest

from slurm_energy.decide.reconcile import reconcile
from slurm_energy.model.held import Held
from slurm_energy.model.job import JobState
from tests.builders import HOUR, NOON, make_annotation, make_job

LATER = NOON + 3 * HOUR
NOW = NOON + 60


def test_a_fresh_job_is_ours_to_decide() -> None:
    assert reconcile(None, make_job(), make_annotation(), NOW) == Held(begin=NOON)


def test_the_hooks_lease_is_no_surprise() -> None:
    job = make_job(eligible_time=NOON + 120)
    assert not reconcile(None, job, make_annotation(lease=NOON + 120), NOW).theirs


def test_the_users_begin_is_no_surprise() -> None:
    job = make_job(eligible_time=LATER)
    assert not reconcile(None, job, make_annotation(user_begin=LATER), NOW).theirs


def test_a_begin_we_know_nothing_of_belongs_to_a_person() -> None:
    assert reconcile(None, make_job(eligible_time=LATER), make_annotation(), NOW).theirs


def test_what_was_sent_and_found_is_held() -> None:
    held = reconcile(Held(begin_sent=LATER), make_job(eligible_time=LATER), make_annotation(), NOW)
    assert held == Held(begin=LATER)


def test_what_was_sent_and_is_not_yet_there_stays_in_flight() -> None:
    held = Held(begin=NOON + HOUR, begin_sent=LATER)
    assert reconcile(held, make_job(eligible_time=NOON + HOUR), make_annotation(), NOW) == held


def test_an_owners_start_now_is_his_last_word() -> None:
    assert reconcile(Held(begin=LATER), make_job(eligible_time=NOW), make_annotation(), NOW).theirs


def test_an_owners_start_now_is_his_last_word_even_before_our_own_arrived() -> None:
    held = Held(begin=NOON, begin_sent=LATER)
    assert reconcile(held, make_job(eligible_time=NOW), make_annotation(), NOW + 30).theirs


def test_a_release_is_found_at_the_moment_slurm_carried_it_out() -> None:
    held = Held(begin=LATER, begin_sent=NOW)
    job = make_job(eligible_time=NOW + 2)
    assert reconcile(held, job, make_annotation(), NOW + 30) == Held(begin=NOW + 2)


def test_an_owners_start_now_during_the_lease_is_his_last_word() -> None:
    annotation = make_annotation(lease=NOW + 60)
    assert reconcile(None, make_job(eligible_time=NOW), annotation, NOW).theirs


def test_a_begin_that_passed_by_itself_is_still_ours() -> None:
    job = make_job(eligible_time=LATER + 17)
    assert not reconcile(Held(begin=LATER), job, make_annotation(), LATER + 30).theirs


def test_a_person_who_puts_a_passed_begin_further_off_takes_the_job() -> None:
    job = make_job(eligible_time=LATER + HOUR)
    assert reconcile(Held(begin=LATER), job, make_annotation(), LATER + 30).theirs


def test_a_changed_site_factor_takes_the_job() -> None:
    assert reconcile(Held(site_factor=200), make_job(site_factor=7), make_annotation(), NOW).theirs


def test_a_site_factor_sent_and_found_is_held() -> None:
    held = reconcile(Held(site_factor_sent=200), make_job(site_factor=200), make_annotation(), NOW)
    assert held == Held(begin=NOON, site_factor=200)


def test_an_unreadable_site_factor_proves_nothing() -> None:
    held = Held(begin=NOON, site_factor=100, site_factor_sent=200)
    assert reconcile(held, make_job(site_factor=None), make_annotation(), NOW) == held


@pytest.mark.parametrize("before", [Held(begin=NOON), None], ids=["known", "never written into"])
def test_a_requeue_is_slurm_not_a_person(before: Held | None) -> None:
    job = make_job(submit_time=NOW, eligible_time=NOW + 120, restarts=1)
    held = reconcile(before, job, make_annotation(), NOW)
    assert not held.theirs
    assert held.begin == held.floor == NOW + 120


@pytest.mark.parametrize("before", [Held(begin=NOON), None], ids=["known", "never written into"])
@pytest.mark.parametrize("given", [20, HOUR], ids=["now", "later"])
def test_a_begin_time_given_since_the_requeue_is_a_persons(before: Held | None, given: int) -> None:
    job = make_job(submit_time=NOW, eligible_time=NOW + given, restarts=1)
    assert reconcile(before, job, make_annotation(), NOW + 30).theirs


def test_a_begin_time_of_ours_that_reached_a_running_job_comes_back_at_requeue() -> None:
    job = make_job(submit_time=NOW, eligible_time=NOW + HOUR, restarts=1)
    held = reconcile(Held(begin=NOON, begin_sent=NOW + HOUR), job, make_annotation(), NOW)
    assert not held.theirs
    assert held.begin == NOW + HOUR


def test_theirs_stays_theirs() -> None:
    assert reconcile(Held(theirs=True), make_job(), make_annotation(), NOW).theirs


def test_nothing_is_copied_where_nothing_changed() -> None:
    held = Held(begin=NOON, site_factor=200)
    assert reconcile(held, make_job(site_factor=200), make_annotation(), NOW) is held


STOPPING = Held(begin=NOON, begin_sent=LATER, stopping=NOON + 60, warned=NOON + 500, age_since=NOON)
BACK = NOON + 600
"""When the job that we stopped is in the queue again."""


def stopped(begin: int, held: Held = STOPPING) -> Held:
    job = make_job(submit_time=BACK, eligible_time=begin, restarts=1)
    return reconcile(held, job, make_annotation(), BACK + 10)


def test_a_stop_of_ours_leaves_our_begin_above_slurms_own() -> None:
    assert stopped(LATER) == Held(
        begin=LATER, restarts=1, age_since=NOON, floor=BACK + 120, done=540, stops=1
    )


def test_a_stop_whose_begin_was_never_sent_keeps_slurms_own() -> None:
    held = stopped(BACK + 121)
    assert (held.begin, held.floor, held.stops, held.theirs) == (BACK + 121, BACK + 121, 1, False)


def test_a_begin_that_a_person_gave_after_our_stop_is_his() -> None:
    assert stopped(BACK + 3000).theirs


def test_work_adds_up_over_stops() -> None:
    held = stopped(LATER, Held(begin_sent=LATER, stopping=NOON, done=1000, stops=2))
    assert (held.done, held.stops) == (1600, 3)


def test_a_stop_that_is_under_way_changes_nothing_while_the_job_runs() -> None:
    running = make_job(state=JobState.RUNNING, start_time=NOON + 60)
    assert reconcile(STOPPING, running, make_annotation(), BACK) == STOPPING
    assert reconcile(STOPPING, running, make_annotation(), LATER + 60) == STOPPING
