"""What the end of a job teaches: a run time, a lower bound, or nothing."""

import pytest

from slurm_energy.decide.lesson import Lesson, Lessons
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


def test_a_run_without_checkpoints_starts_again_from_nothing() -> None:
    lessons = Lessons()
    lessons.of(make_end(state="REQUEUED"), make_contract())
    assert lessons.of(make_end(), make_contract()) == Lesson(ENDS, HOUR, cut_short=False)
