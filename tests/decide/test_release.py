"""Which fields come back: pure."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.decide.reconcile import reconcile
from slurm_energy.decide.release import Marked, plan_release
from slurm_energy.model.contract import Annotation
from slurm_energy.model.held import Held
from slurm_energy.model.job import JobKey
from tests.builders import HOUR, NOON, make_annotation, make_job, make_queue

NOTHING_SENT = Held()


def marked(
    held: Held | None = NOTHING_SENT, annotation: Annotation | None = None, **job: Any
) -> Marked:
    shown = make_job(**job)
    return Marked(JobKey("east", shown.job_id, NOON), shown, annotation or make_annotation(), held)


def sent(*jobs: Marked) -> list[tuple[int | None, int | None]]:
    return [(u.begin, u.site_factor) for u in plan_release(jobs, NOON, make_queue()).updates]


def why(job: Marked) -> str:
    (left,) = plan_release([job], NOON, make_queue()).left
    return left.why


def test_a_job_without_anything_of_ours_is_not_touched() -> None:
    assert sent(marked(), marked(None)) == []


def test_our_begin_comes_back_to_now() -> None:
    later = NOON + HOUR
    assert sent(marked(Held(begin=later), eligible_time=later)) == [(NOON, None)]


def test_a_begin_that_was_on_its_way_when_we_died_is_ours_too() -> None:
    later = NOON + HOUR
    assert sent(marked(Held(begin_sent=later), eligible_time=later)) == [(NOON, None)]


def test_the_hooks_lease_is_ours() -> None:
    lease = NOON + 60
    annotation = make_annotation(lease=lease)
    assert sent(marked(None, annotation, eligible_time=lease)) == [(NOON, None)]
    assert sent(marked(Held(), annotation, eligible_time=lease)) == [(NOON, None)]


def test_the_users_own_begin_is_neither_changed_nor_listed() -> None:
    own = NOON + HOUR
    annotation = make_annotation(user_begin=own)
    plan = plan_release([marked(None, annotation, eligible_time=own)], NOON, make_queue())
    assert (plan.updates, plan.left) == ([], [])


def test_slurms_delay_after_a_requeue_is_slurms() -> None:
    job = marked(Held(begin=NOON + HOUR), eligible_time=NOON + 120, restarts=1)
    plan = plan_release([job], NOON, make_queue())
    assert (plan.updates, plan.left) == ([], [])


def test_a_stop_that_nobody_read_back_yet_is_taken_back_to_slurms_own_delay() -> None:
    ours, back = NOON + HOUR, NOON - 10
    held = Held(begin=NOON - HOUR, begin_sent=ours, stopping=NOON - 600)
    job = marked(held, eligible_time=ours, submit_time=back, restarts=1)
    assert sent(job) == [(back + 120, None)]


def test_the_begin_of_a_requeue_is_no_more_undercut_than_the_users_own() -> None:
    floor, ours = NOON + 90, NOON + HOUR
    assert sent(marked(Held(begin=floor, floor=floor), eligible_time=floor)) == []
    assert sent(marked(Held(begin=ours, floor=floor), eligible_time=ours)) == [(floor, None)]


def test_our_points_come_back_to_zero_and_others_are_listed() -> None:
    assert sent(marked(Held(site_factor=300), site_factor=300)) == [(None, 0)]
    assert sent(marked(Held(site_factor_sent=300), site_factor=300)) == [(None, 0)]
    assert why(marked(Held(site_factor=300), site_factor=77)) == (
        "its SiteFactor 77 was changed by a person"
    )
    assert why(marked(Held(site_factor=300), site_factor=None)) == "its SiteFactor can't be read"


def test_of_a_job_that_was_released_with_its_age_nothing_is_said() -> None:
    queue = make_queue(forgets_age=True, age_points_per_hour=600.0)
    held = Held(begin=NOON, site_factor=600, age_since=NOON - HOUR, theirs=True)
    released = marked(held, eligible_time=NOON, accrue_time=NOON, site_factor=600)
    plan = plan_release([released], NOON + 5, queue)
    assert (plan.updates, plan.left) == ([], [])


def test_a_job_is_changed_at_its_origin_only() -> None:
    later = NOON + HOUR
    assert sent(marked(Held(begin=later), eligible_time=later, origin="west")) == []
    assert sent(marked(Held(begin=later), eligible_time=later, origin="east")) == [(NOON, None)]


TIMES = st.integers(NOON - HOUR, NOON + 48 * HOUR)
POINTS = st.integers(0, 5)


@given(
    eligible=TIMES,
    user=st.just(0) | TIMES,
    lease=st.just(0) | TIMES,
    begin=st.none() | TIMES,
    factor=POINTS,
    shown=POINTS,
    theirs=st.booleans(),
)
def test_a_person_is_never_overruled_and_no_begin_of_the_users_undercut(
    eligible: int, user: int, lease: int, begin: int | None, factor: int, shown: int, theirs: bool
) -> None:
    annotation = make_annotation(user_begin=user, lease=lease)
    held = Held(begin=begin, site_factor=factor, theirs=theirs)
    job = make_job(eligible_time=eligible, site_factor=shown)
    plan = plan_release(
        [Marked(JobKey("east", 100, NOON), job, annotation, held)], NOON, make_queue()
    )
    for update in plan.updates:
        assert not theirs
        assert update.begin is None or update.begin == max(NOON, user)
        assert update.site_factor in (None, 0)
        if reconcile(held, job, annotation, NOON).theirs:
            # What the daemon would take for a person's is not changed in that field.
            assert update.begin is None or shown != factor
            assert update.site_factor is None or shown == factor
