"""A deferral costs no age: what Slurm forgets is given back as points of SiteFactor."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.decide.release import Marked, plan_release
from slurm_energy.decide.scoring.age import owed_points
from slurm_energy.model.held import Held
from slurm_energy.model.job import Job, JobKey, Queue
from tests.builders import HOUR, MINUTE, NOON, make_annotation, make_job, make_queue

FORGETFUL = make_queue(forgets_age=True, age_points_per_hour=60.0)
"""A point a minute."""


def owed(
    job: Job,
    held: Held | None = None,
    begin: int = 0,
    queue: Queue = FORGETFUL,
    user_begin: int = 0,
) -> int:
    annotation = make_annotation(user_begin=user_begin)
    return owed_points(job, annotation, held or Held(), begin, queue)


def test_a_new_job_gets_its_age_with_its_later_begin() -> None:
    assert owed(make_job(eligible_time=NOON + 60), begin=NOON + 3 * HOUR) == 180


def test_a_job_that_waited_already_gets_that_age_too() -> None:
    job = make_job(accrue_time=NOON - HOUR)
    assert owed(job, begin=NOON + HOUR) == 120


def test_it_stays_the_same_once_the_begin_time_has_come() -> None:
    held = Held(begin=NOON + HOUR, age_since=NOON)
    waiting = make_job(eligible_time=NOON + HOUR)
    eligible = replace(waiting, accrue_time=NOON + HOUR)
    assert owed(waiting, held) == owed(eligible, held) == owed(waiting, held, NOON + HOUR) == 60


def test_a_job_that_we_never_put_off_is_owed_nothing() -> None:
    held_back_by_its_user = make_job(accrue_time=NOON + 5 * HOUR)
    assert owed(held_back_by_its_user) == 0


def test_the_time_before_the_users_own_begin_is_not_owed() -> None:
    job = make_job(eligible_time=NOON + HOUR)
    assert owed(job, begin=NOON + 2 * HOUR, user_begin=NOON + HOUR) == 60


def test_the_time_before_a_requeue_is_not_owed() -> None:
    job = make_job(restarts=1, submit_time=NOON + HOUR, eligible_time=NOON + HOUR + 120)
    assert owed(job, begin=NOON + 2 * HOUR) == 60


def test_nothing_is_owed_where_slurm_forgets_nothing_or_counts_no_age() -> None:
    job = make_job(eligible_time=NOON + 60)
    kept = make_queue(age_points_per_hour=60.0)
    ageless = make_queue(forgets_age=True, age_points_per_hour=None)
    assert owed(job, begin=NOON + HOUR, queue=kept) == 0
    assert owed(job, begin=NOON + HOUR, queue=ageless) == 0


@given(begin=st.integers(NOON, NOON + 24 * HOUR), since=st.integers(NOON - 24 * HOUR, NOON))
def test_never_less_than_what_was_lost_and_at_most_a_minute_more(begin: int, since: int) -> None:
    points = owed(make_job(accrue_time=since), begin=begin)
    lost = (begin - since) / MINUTE
    assert lost <= points <= lost + 1


def test_release_leaves_the_job_its_age() -> None:
    held = Held(begin=NOON + 9 * HOUR, site_factor=540, age_since=NOON - HOUR)
    job = make_job(eligible_time=NOON + 9 * HOUR, site_factor=540)
    marked = Marked(JobKey("east", job.job_id, NOON), job, make_annotation(), held)
    (update,) = plan_release([marked], NOON, FORGETFUL).updates
    assert (update.begin, update.site_factor) == (NOON, 60)


def test_no_more_is_owed_than_all_that_age_can_give() -> None:
    soon_full = make_queue(forgets_age=True, age_points_per_hour=60.0, age_points_most=100)
    assert owed(make_job(), begin=NOON + 24 * HOUR, queue=soon_full) == 100


def test_what_is_owed_fits_into_site_factor_however_heavy_age_is() -> None:
    heavy = make_queue(forgets_age=True, age_points_per_hour=4e9, age_points_most=2**32 - 1)
    assert owed(make_job(), begin=NOON + HOUR, queue=heavy) == 2**30
