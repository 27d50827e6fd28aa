"""Jobs that can stop run when it is cheap; the compiled loop is its plain twin to the bit."""

from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from slurm_energy.decide.market import stopping
from slurm_energy.decide.market.stopping import Courses, Resumables, best_courses, still_going
from slurm_energy.decide.pricing.prices import Prices

chances = st.lists(st.floats(0, 1), min_size=1, max_size=6)
levels = st.lists(st.floats(-3, 3), min_size=1, max_size=12)


def alive_of(steps: list[float]) -> NDArray[np.float64]:
    """A distribution whose run ends after each slot with these chances."""
    return np.array([np.cumprod([1.0, *steps, 0.0])])


def one(
    prices: list[float],
    alive: NDArray[np.float64],
    budget: int,
    *,
    done: float = 0.0,
    running: bool = False,
    cost: float = 0.0,
    delay: float = 0.0,
) -> tuple[Courses, NDArray[np.float64]]:
    whole = np.array(prices + [0.0] * 24)
    market = Prices(0, 900, whole[None, :], np.array([3.0]), np.array([len(prices)]))
    jobs = Resumables(
        curve=np.zeros(1, dtype=np.int64),
        shape=np.zeros(1, dtype=np.int64),
        first=np.zeros(1, dtype=np.int64),
        budget=np.array([budget], dtype=np.int64),
        done=np.array([done]),
        running=np.array([running], dtype=np.uint8),
        delay=np.array([delay]),
        units=np.ones(1),
    )
    load = np.zeros(len(whole))
    return best_courses(market, alive, jobs, cost, load), load


def test_it_runs_in_the_cheap_slots_and_waits_through_the_dear_ones() -> None:
    _, load = one([5, 0, 5, 0, 5], alive_of([1.0]), 3)
    assert load[:5].tolist() == [0, 1, 0, 1, 0]


def test_it_never_waits_longer_than_its_budget() -> None:
    _, load = one([5, 6, 7, 8, 0], alive_of([1.0]), 2)
    assert load[:5].tolist() == [1, 1, 0, 0, 0]


def test_a_short_gain_is_not_chased_where_stopping_costs_more() -> None:
    free, _ = one([0, 1, 0], alive_of([1.0]), 1, running=True)
    dear, load = one([0, 1, 0], alive_of([1.0]), 1, running=True, cost=0.5)
    assert free.best[0] < dear.best[0]
    assert load[:3].tolist() == [1, 1, 0]


def test_what_is_likely_to_end_soon_does_not_wait_for_a_slot_it_may_never_see() -> None:
    long, _ = one([1, 1, 1, -8], alive_of([1.0]), 3)
    short, _ = one([1, 1, 1, -8], alive_of([0.0]), 3, delay=4.0)
    assert long.wait[0] > 0
    assert short.wait[0] == 0


def test_work_done_changes_what_is_left() -> None:
    assert still_going(alive_of([0.5, 1.0])[0], 1.0, 9) == [1.0, 1.0]


@given(levels, chances, st.integers(0, 4), st.booleans(), st.floats(0, 2), st.floats(0, 2))
def test_no_other_course_is_cheaper(
    prices: list[float], steps: list[float], budget: int, running: bool, cost: float, delay: float
) -> None:
    """Every course is a delay for each slot of work, never falling: try them all."""
    alive = alive_of(steps)
    answer, _ = one(prices, alive, budget, running=running, cost=cost, delay=delay)
    still = still_going(alive[0], 0.0, 9)
    known = prices + [0.0] * 24

    def price(delays: tuple[int, ...]) -> float:
        total, before = 0.0, 0
        for work, used in enumerate(delays):
            now = known[work + used]
            stopped = used > before and (work > 0 or running)
            total += still[work] * (now + (used - before) * delay)
            total += still[work] * cost * (3.0 + now) * (stopped and work > 0)
            before = used
        return total

    courses = combinations_with_replacement(range(budget + 1), len(still))
    assert answer.best[0] == pytest.approx(min(map(price, courses)), abs=1e-9)


@given(
    levels,
    chances,
    st.integers(0, 5),
    st.floats(0, 3),
    st.booleans(),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_the_compiled_loop_is_the_plain_one(
    prices: list[float],
    steps: list[float],
    budget: int,
    done: float,
    running: bool,
    cost: float,
    delay: float,
) -> None:
    alive = alive_of(steps)
    known = {"done": done, "running": running, "cost": cost, "delay": delay}
    compiled, load = one(prices, alive, budget, **known)  # type: ignore[arg-type]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stopping, "_KERNEL", False)
        plain, plain_load = one(prices, alive, budget, **known)  # type: ignore[arg-type]
    assert load.tolist() == plain_load.tolist()
    for name in ("at_once", "best", "later", "wait"):
        assert getattr(compiled, name).tolist() == getattr(plain, name).tolist(), name


def many(budgets: list[int], prices: list[float], alive: NDArray[np.float64], **values: Any) -> Any:
    """Jobs alike but for their budgets and units; what they answer and take."""
    count, cost = len(budgets), values.pop("cost", 0.0)
    whole = np.array(prices + [0.0] * 40)
    zero: NDArray[np.int64] = np.zeros(count, dtype=np.int64)
    jobs = Resumables(
        curve=zero,
        shape=np.arange(count) % len(alive),
        first=zero,
        budget=np.array(budgets, dtype=np.int64),
        done=np.full(count, values.get("done", 0.0)),
        running=np.full(count, values.get("running", False), dtype=np.uint8),
        delay=np.full(count, values.get("delay", 0.0)),
        units=np.arange(count, dtype=np.float64) + 0.7,
    )
    market = Prices(0, 900, whole[None, :], np.array([3.0]), np.array([len(prices)]))
    load = np.zeros(len(whole))
    return best_courses(market, alive, jobs, cost, load), load


@given(
    st.lists(st.integers(0, 12), min_size=1, max_size=24),
    levels,
    st.lists(chances, min_size=2, max_size=2),
    st.floats(0, 3),
    st.booleans(),
    st.floats(0, 1),
    st.sampled_from([0.0, 0.0, 0.3]),
)
def test_sharing_a_course_between_budgets_changes_no_bit(
    budgets: list[int],
    prices: list[float],
    steps: list[list[float]],
    done: float,
    running: bool,
    cost: float,
    delay: float,
) -> None:
    each = [np.cumprod([1.0, *falls, 0.0]) for falls in steps]
    alive: NDArray[np.float64] = np.zeros((2, max(map(len, each))))
    for row, values in enumerate(each):
        alive[row, : len(values)] = values
    known = {"done": done, "running": running, "cost": cost, "delay": delay}
    compiled, load = many(budgets, prices, alive, **known)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stopping, "_KERNEL", False)
        plain, plain_load = many(budgets, prices, alive, **known)
    assert load.tolist() == plain_load.tolist()
    for name in ("at_once", "best", "later", "wait"):
        assert getattr(compiled, name).tolist() == getattr(plain, name).tolist(), name


def test_one_course_serves_every_budget_that_it_keeps_to() -> None:
    """Eight questions are answered together; who asks after them may find his course there."""
    dip = [2.0, 2.0, 2.0, -1.0, *[2.0] * 20]
    found, _ = many([20, 3, *range(4, 20)], dip, alive_of([0.0]), delay=0.01)
    assert (found.wait.tolist(), found.worked) == ([3] * 18, 8)
    found, _ = many([20, 2, *range(4, 20)], dip, alive_of([0.0]), delay=0.01)
    assert (found.wait.tolist(), found.worked) == ([3, 0, *[3] * 16], 9)


def test_jobs_that_are_alike_in_all_share_a_course() -> None:
    found, _ = many([5, 5, 5, 5], [2.0, 1.0], alive_of([0.0]))
    assert (found.wait.tolist(), found.worked) == ([2, 2, 2, 2], 1)


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.sampled_from([4, 60, 110]))
def test_jobs_of_many_kinds_side_by_side_are_answered_as_one_by_one(
    seed: int, count: int, reach: int
) -> None:
    """Running and pending, fresh and half done, on other prices, and runs as long as any."""
    random = np.random.default_rng(seed)
    falls = random.uniform(0.7, 1.0, (3, reach))
    alive: NDArray[np.float64] = np.asarray(np.cumprod(falls, axis=1), dtype=np.float64)
    alive[:, -1] = 0.0
    done = random.choice([0.0, 0.0, 1.25, 3.0], count)
    jobs = Resumables(
        curve=random.integers(0, 2, count),
        shape=random.integers(0, 3, count),
        first=random.integers(0, 4, count),
        budget=random.integers(0, 30, count),
        done=done,
        running=(random.random(count) < 0.5).astype(np.uint8),
        delay=random.choice([0.0, 0.05], count),
        units=random.random(count),
    )
    prices = random.normal(0, 1, (2, 50))
    market = Prices(0, 900, prices, np.array([3.0, 2.0]), np.array([50, 50]))
    loads: NDArray[np.float64] = np.zeros((2, 50))
    compiled = best_courses(market, alive, jobs, 0.3, loads[0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stopping, "_KERNEL", False)
        plain = best_courses(market, alive, jobs, 0.3, loads[1])
    assert loads[0].tolist() == loads[1].tolist()
    for name in ("at_once", "best", "later", "wait"):
        assert getattr(compiled, name).tolist() == getattr(plain, name).tolist(), name


def test_a_sweep_is_not_widened_for_a_few_who_may_wait_longer() -> None:
    """Kinds of all lengths and budgets, more of them than fit one sweep: nobody is lost between."""
    random = np.random.default_rng(11)
    falls = random.uniform(0.5, 1.0, (9, 1)) * np.ones(80)
    alive: NDArray[np.float64] = np.asarray(np.cumprod(falls, axis=1), dtype=np.float64)
    alive[:, -1] = 0.0
    count = 120
    jobs = Resumables(
        curve=np.zeros(count, dtype=np.int64),
        shape=random.integers(0, 9, count),
        first=np.zeros(count, dtype=np.int64),
        budget=random.integers(0, 97, count),
        done=np.zeros(count),
        running=np.zeros(count, dtype=np.uint8),
        delay=np.full(count, 0.01),
        units=random.random(count),
    )
    market = Prices(0, 900, random.normal(0, 1, (1, 200)), np.array([3.0]), np.array([200]))
    loads: NDArray[np.float64] = np.zeros((2, 200))
    compiled = best_courses(market, alive, jobs, 0.3, loads[0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stopping, "_KERNEL", False)
        plain = best_courses(market, alive, jobs, 0.3, loads[1])
    assert loads[0].tolist() == loads[1].tolist()
    for name in ("at_once", "best", "later", "wait"):
        assert getattr(compiled, name).tolist() == getattr(plain, name).tolist(), name
