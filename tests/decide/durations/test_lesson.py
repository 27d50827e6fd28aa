"""What the end of a job teaches: a run time, a lower bound, or nothing."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.decide.durations.lesson import Lesson, Lessons
from tests.builders import HOUR, NOON, make_contract
from tests.ledger.builders import make_end

ENDS = NOON + 600 + HOUR
GOES_ON = make_contract(interruptible=True)


@pytest.mark.parametrize("state", ["COMPLETED", "FAILED", "OUT_OF_MEMORY", "CANCELLED"])
def test_a_run_that_ended_lasted_so_long(state: str) -> None:
    assert Lessons().of(make_end(state=state), None) == Lesson(ENDS, HOUR, cut_short=False)


@pytest.mark.parametrize("state", ["TIMEOUT", "DEADLINE", "NODE_FAIL", "PREEMPTED", "REQUEUED"])
def test_a_run_that_was_ended_would_have_lasted_longer(state: str) -> None:
    assert Lessons().of(make_end(state=state), None) == Lesson(ENDS, HOUR, cut_short=True)


def test_what_never_ran_says_nothing() -> None:
    never = [
        make_end(state="CANCELLED", start=None, end=NOON),
        make_end(state="CANCELLED", start=NOON, end=NOON),
        make_end(state="COMPLETED", end=None),
        make_end(state="BOOT_FAIL"),
    ]
    assert [Lessons().of(end, None) for end in never] == [None] * 4


def test_pieces_of_a_run_with_checkpoints_add_up() -> None:
    lessons = Lessons()
    assert lessons.of(make_end(state="REQUEUED"), GOES_ON) is None
    assert lessons.of(make_end(state="PREEMPTED"), GOES_ON) is None
    assert lessons.of(make_end(), GOES_ON) == Lesson(ENDS, 3 * HOUR, cut_short=False)
    assert lessons.of(make_end(), GOES_ON) == Lesson(ENDS, HOUR, cut_short=False)


@given(st.permutations(range(3)))
def test_pieces_may_come_to_be_known_in_any_order(order: list[int]) -> None:
    pieces = [
        make_end(state="REQUEUED", start=NOON, end=NOON + HOUR),
        make_end(state="PREEMPTED", start=NOON + 5 * HOUR, end=NOON + 7 * HOUR),
        make_end(start=NOON + 20 * HOUR, end=NOON + 24 * HOUR),
    ]
    lessons, known = Lessons(), list[Lesson]()
    for found in (lessons.of(pieces[number], GOES_ON) for number in order):
        if found is not None:
            if found.instead is not None:
                known.remove(found.instead)
            known.append(replace(found, instead=None))
    assert known == [Lesson(NOON + 24 * HOUR, 7 * HOUR, cut_short=False)]


@pytest.mark.parametrize(("other", "whole"), [("h100", "h100"), ("a100", ""), ("", "")])
def test_a_run_in_pieces_on_several_types_is_of_no_type(other: str, whole: str) -> None:
    lessons = Lessons()
    lessons.of(make_end(state="REQUEUED", gpu_type="h100"), GOES_ON)
    found = lessons.of(make_end(gpu_type=other), GOES_ON)
    assert found == Lesson(ENDS, 2 * HOUR, cut_short=False, gpu_type=whole)


def test_a_run_without_checkpoints_starts_again_from_nothing() -> None:
    lessons = Lessons()
    lessons.of(make_end(state="REQUEUED"), make_contract())
    assert lessons.of(make_end(), make_contract()) == Lesson(ENDS, HOUR, cut_short=False)
