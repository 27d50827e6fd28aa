"""A subject is used again exactly where reading the job anew would say the same."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.decide.roster import subject_of
from slurm_energy.decide.rules.guard import Subject
from slurm_energy.model.held import Held
from slurm_energy.model.job import JobKey
from tests.builders import NOON, make_annotation, make_job

ANNOTATION = make_annotation()
KEY = JobKey("east", 100, NOON)


def twice(held: Held, later: Held | None = None, **changed: Any) -> tuple[Subject, Subject]:
    """The subject of this turn and the next; memory and job may have changed meanwhile."""
    job = make_job(eligible_time=NOON + 60)
    first = subject_of(job, ANNOTATION, {KEY: held}, NOON)
    again = replace(job, **changed) if changed else job
    memory = {KEY: first.held if later is None else later}
    return first, subject_of(again, ANNOTATION, memory, NOON + 30, first)


def test_nothing_changed() -> None:
    first, second = twice(Held(begin=NOON + 60))
    assert second is first


def test_an_equal_record_is_no_change() -> None:
    first, second = twice(Held(begin=NOON + 60), site_factor=0)
    assert second is first


def test_a_changed_record_is_read_anew() -> None:
    first, second = twice(Held(begin=NOON + 60), eligible_time=NOON + 90)
    assert second is not first
    assert second.held.theirs


def test_what_is_on_its_way_is_read_anew() -> None:
    sent = Held(begin=NOON + 60, begin_sent=NOON + 900)
    first, second = twice(Held(begin=NOON + 60), sent)
    assert second is not first
    assert second.held.begin_sent == NOON + 900


times = st.sampled_from([None, NOON - 60, NOON, NOON + 60, NOON + 900])
points = st.sampled_from([None, 0, 50])


@given(times, times, times, points, st.sampled_from([0, 50]), points, st.booleans())
def test_it_is_always_what_reading_anew_would_say(
    begin: int | None,
    sent: int | None,
    seen: int | None,
    factor_seen: int | None,
    factor: int,
    factor_sent: int | None,
    theirs: bool,
) -> None:
    held = Held(
        begin=begin,
        begin_sent=sent,
        site_factor=factor,
        site_factor_sent=factor_sent,
        theirs=theirs,
    )
    job = make_job(eligible_time=seen, site_factor=factor_seen)
    first = subject_of(job, ANNOTATION, {KEY: held}, NOON)
    memory = {KEY: first.held}
    for now in (NOON + 30, NOON + 90, NOON + 1000):
        assert subject_of(job, ANNOTATION, memory, now, first) == subject_of(
            job, ANNOTATION, memory, now
        )
