"""No account waits longer in sum than if only its queue were known."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.decide.durations.shapes import Shapes
from slurm_energy.decide.market.market import FIRST, trade
from slurm_energy.decide.market.stage import Applicant, Stage
from slurm_energy.decide.market.waits import WINDOW, Waits
from slurm_energy.decide.pricing.price import Curve
from tests.builders import HOUR, NOON, make_curve
from tests.decide.marketplace import NO_LIMIT, SLOT, SLOTS, applicant, slots, stage

SHORT, LONG = 4, 40
BROAD, SHARP = 10, 60
"""The best start of a long run, and that of a short one."""


def two_valleys() -> Curve:
    """A broad valley soon, and a sharp one that only short runs have much of."""
    values = np.zeros(SLOTS)
    values[BROAD : BROAD + LONG] = -1.0
    values[SHARP : SHARP + SHORT] = -2.0
    return make_curve(values.tolist())


def lasting(runs: Sequence[int]) -> Shapes:
    """Jobs that last so many slots for certain."""
    alive = (np.arange(192) < np.array(runs)[:, None]).astype(np.float64)
    count = len(runs)
    return Shapes(SLOT, alive, np.arange(count), ["a test's"] * count, np.ones(count, np.int64))


def market(
    runs: Sequence[int], queue: Sequence[int] | None, jobs: Sequence[Applicant] | None = None
) -> Stage:
    """Jobs of one account with these run times; ``queue``: what their queue alone would tell."""
    shapes = lasting(runs)
    shapes = replace(shapes, queue=None if queue is None else lasting(queue))
    jobs = jobs or [applicant(100 + row) for row in range(len(runs))]
    return stage(jobs, two_valleys(), shapes=shapes, capacity=NO_LIMIT)


def starts(given: Stage) -> list[int]:
    return [slot for slot in slots(trade(given, FIRST)[0]) if slot is not None]


def test_an_account_that_gains_nothing_by_being_known_waits_as_its_queue_would() -> None:
    assert starts(market([SHORT] * 3, None)) == [SHARP] * 3
    assert starts(market([SHORT] * 3, [LONG] * 3)) == [BROAD] * 3


def test_what_one_job_gives_up_another_of_its_account_may_use() -> None:
    known = market([LONG, SHORT, SHORT], [SHORT, LONG, LONG])
    assert sorted(starts(known)) == [BROAD, BROAD, SHARP]


def test_what_another_account_gives_up_nobody_else_may_use() -> None:
    jobs = [applicant(100, account="physics"), applicant(101, account="chemistry")]
    assert starts(market([LONG, SHORT], [SHORT, LONG], jobs)) == [BROAD, BROAD]


def test_tasks_of_an_array_count_one_by_one_as_well() -> None:
    """A single job pays for one task, not for a hundred."""
    jobs = [applicant(100), applicant(101, array_task_count=100)]
    assert starts(market([LONG, SHORT], [SHORT, LONG], jobs)) == [BROAD, BROAD]


def test_who_is_bound_can_be_asked_until_when() -> None:
    _, outlook = trade(market([SHORT], [LONG]), FIRST)
    assert outlook.waits.until(100) == NOON + BROAD * SLOT
    assert outlook.waits.until(7) is None
    assert not outlook.waits.let_go(np.array([7, 100])).any()


RUNS = st.lists(st.tuples(st.integers(1, 48), st.integers(1, 48)), min_size=1, max_size=8)


@given(runs=RUNS)
def test_knowledge_that_changes_nothing_binds_nobody(runs: list[tuple[int, int]]) -> None:
    own = [run for run, _ in runs]
    told, outlook = trade(market(own, own), FIRST)
    assert slots(told) == starts(market(own, None))
    assert not outlook.waits.pending.bound.any()


@given(runs=RUNS)
def test_nobody_goes_later_and_no_account_waits_longer_in_sum(runs: list[tuple[int, int]]) -> None:
    own, queue = [run for run, _ in runs], [run for _, run in runs]
    even, free, due = (
        starts(market(own, queue)),
        starts(market(own, None)),
        starts(market(queue, None)),
    )
    assert all(one <= other for one, other in zip(even, free, strict=True))
    assert sum(even) <= sum(due)


@given(runs=RUNS, data=st.data())
def test_the_order_of_the_queue_decides_nothing(
    runs: list[tuple[int, int]], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(runs))))
    jobs = [applicant(100 + row) for row in order]
    own, queue = [run for run, _ in runs], [run for _, run in runs]
    shuffled = starts(market([own[row] for row in order], [queue[row] for row in order], jobs))
    assert [shuffled[order.index(row)] for row in range(len(runs))] == starts(market(own, queue))


@given(runs=RUNS)
def test_a_second_turn_at_once_finds_the_same(runs: list[tuple[int, int]]) -> None:
    known = market([run for run, _ in runs], [run for _, run in runs])
    first, outlook = trade(known, FIRST)
    second, again = trade(known, outlook)
    assert slots(second) == slots(first)
    assert again.waits.pending.bound.tolist() == outlook.waits.pending.bound.tolist()


HOURS = st.integers(1, 100)
JOBS = st.lists(st.tuples(st.sampled_from("abc"), HOURS, HOURS, st.integers(1, 5)), max_size=12)


def waiting(jobs: list[tuple[str, int, int, int]]) -> Waits:
    """Jobs of an account, due and going after so many hours, of so many tasks."""
    ids = np.arange(len(jobs))
    tasks = np.array([one[3] for one in jobs], dtype=np.int64)
    waits = replace(Waits(), at=NOON).joined(ids, [one[0] for one in jobs], tasks)
    due = np.array([NOON + HOUR * one[1] for one in jobs], dtype=np.int64)
    goes = np.array([NOON + HOUR * one[2] for one in jobs], dtype=np.int64)
    waits = replace(waits, pending=waits.pending._replace(due=due, wish=goes))
    return waits.told(ids, goes)


@given(jobs=JOBS)
def test_jobs_that_went_leave_their_seconds_in_the_sums(
    jobs: list[tuple[str, int, int, int]],
) -> None:
    gone = waiting(jobs).settled(np.zeros(0, dtype=np.int64), NOON + 200 * HOUR)
    left = dict(zip(gone.accounts, gone.left.T.tolist(), strict=True))
    assert len(gone.pending.job) == 0
    for name in "abc":
        spared = [(HOUR * (due - goes), tasks) for one, due, goes, tasks in jobs if one == name]
        sums = [sum(one for one, _ in spared), sum(one * tasks for one, tasks in spared)]
        assert left.get(name, [0, 0]) == pytest.approx(sums)


def test_who_is_not_asked_for_a_while_is_known_until_he_goes() -> None:
    waits, nobody = waiting([("a", 5, 3, 1)]), np.zeros(0, dtype=np.int64)
    assert waits.settled(nobody, NOON + 2 * HOUR).pending.job.tolist() == [0]
    assert waits.settled(nobody, NOON + 3 * HOUR).left.tolist() == [[2 * HOUR], [2 * HOUR]]


def test_sums_fade_and_an_account_with_nothing_left_is_forgotten() -> None:
    nobody = np.zeros(0, dtype=np.int64)
    waits = waiting([("a", 5, 3, 1)]).settled(nobody, NOON + 3 * HOUR)
    later = waits.settled(nobody, NOON + 3 * HOUR + WINDOW)
    assert later.left[0, 0] == pytest.approx(2 * HOUR / np.e)
    later = replace(waiting([("b", 1, 1, 1)]), accounts=("b",))
    assert later.settled(nobody, NOON + 2 * HOUR).accounts == ()
