"""A run in one piece starts where its expected price is least, over all the lengths it may have."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from slurm_energy.decide.market import starts
from slurm_energy.decide.market.starts import Asks, Starts, best_starts, demand, expected_means
from slurm_energy.decide.pricing.prices import Prices


def market(prices: list[float]) -> Prices:
    return Prices(0, 900, np.array([prices], dtype=np.float64), np.ones(1), np.array([len(prices)]))


def ask(first: int, last: int, *, kept: int = -1, delay: float = 0.0, units: float = 1.0) -> Asks:
    def index(value: int) -> NDArray[np.int64]:
        return np.array([value], dtype=np.int64)

    return Asks(
        index(0),
        index(0),
        index(first),
        index(last),
        index(kept),
        np.array([delay]),
        np.array([units]),
    )


def start(prices: list[float], alive: list[float], asks: Asks, least_gain: float = 0.1) -> int:
    return int(best_starts(market(prices), np.array([alive]), asks, least_gain).start[0])


def test_the_cheapest_slot_is_chosen() -> None:
    assert start([2, 1, 0, 1, 2], [1.0], ask(0, 4)) == 2


def test_a_long_run_is_priced_over_all_it_may_last() -> None:
    assert start([1, 1, -1, 3, 0, 0, 0], [1.0, 1.0, 1.0], ask(0, 6)) == 4


def test_a_run_that_seldom_lasts_takes_the_short_dip() -> None:
    assert start([1, 1, -1, 3, 0, 0, 0], [1.0, 0.1, 0.1], ask(0, 6)) == 2


def test_the_last_slot_it_may_start_in_is_never_passed() -> None:
    assert start([2, 1.5, 1, 0], [1.0], ask(0, 1)) == 1


def test_a_price_on_delay_prefers_the_nearer_of_two_good_slots() -> None:
    prices = [2, 0.2, 1, 1, 0]
    assert start(prices, [1.0], ask(0, 4)) == 4
    assert start(prices, [1.0], ask(0, 4, delay=0.1)) == 1


@given(
    prices=st.lists(st.floats(-3, 3), min_size=2, max_size=12),
    work=st.lists(st.floats(0.05, 1), min_size=1, max_size=4),
    delays=st.tuples(st.floats(0, 2), st.floats(0, 2)),
    gain=st.floats(0, 0.5),
)
def test_a_dearer_wait_is_never_a_longer_one(
    prices: list[float], work: list[float], delays: tuple[float, float], gain: float
) -> None:
    alive = [1.0, *sorted(work, reverse=True)]
    cheap, dear = (
        start(prices, alive, ask(0, len(prices) - 1, delay=delay), gain) for delay in sorted(delays)
    )
    assert dear <= cheap


def test_a_begin_it_has_already_is_kept_while_it_is_nearly_as_good() -> None:
    assert start([2, 0.05, 0], [1.0], ask(0, 2, kept=1)) == 1
    assert start([2, 0.15, 0], [1.0], ask(0, 2, kept=1)) == 2


def test_a_gain_within_the_dead_band_moves_nobody() -> None:
    assert start([0.05, 0], [1.0], ask(0, 1)) == 0


def test_demand_is_what_is_expected_to_run_slot_by_slot() -> None:
    load = demand(ask(0, 3, units=4.0), np.array([1]), np.array([[1.0, 0.5]]), 4)
    assert load.tolist() == [0, 4, 2, 0]


@given(
    st.lists(st.floats(-3, 3), min_size=6, max_size=9),
    st.lists(st.floats(0.01, 1), min_size=1, max_size=4),
    st.integers(0, 4),
    st.integers(-1, 5),
    st.integers(-1, 5),
    st.floats(0, 1),
    st.floats(0, 0.5),
)
def test_the_compiled_loop_is_the_plain_one(
    prices: list[float],
    falls: list[float],
    first: int,
    last: int,
    kept: int,
    delay: float,
    least_gain: float,
) -> None:
    alive: NDArray[np.float64] = np.cumprod(np.array([[1.0, *falls]]), axis=1)
    question = ask(first, last, kept=kept, delay=delay)

    def answered() -> Starts:
        return best_starts(market(prices), alive, question, least_gain)

    compiled = answered()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(starts, "_KERNEL", False)
        plain = answered()
    assert compiled.start.tolist() == plain.start.tolist()
    assert compiled.later.tolist() == plain.later.tolist()
    assert compiled.at_once.tolist() == plain.at_once.tolist()
    assert compiled.chosen.tolist() == plain.chosen.tolist()


ASKED = st.tuples(
    st.integers(0, 1),
    st.integers(0, 3),
    st.integers(-1, 5),
    st.integers(-1, 5),
    st.sampled_from([0.0, 0.1, 0.5]),
)


@given(
    st.lists(st.sampled_from([-1.0, 0.0, 0.05, 0.1, 2.0]), min_size=6, max_size=9),
    st.lists(ASKED, max_size=12),
    st.sampled_from([0.0, 0.1]),
)
def test_what_jobs_of_a_line_share_changes_nobodys_answer(
    prices: list[float], asked: list[tuple[int, int, int, int, float]], least_gain: float
) -> None:
    """Ties, other first slots and other prices of waiting among the jobs of one line."""
    columns = [np.array(column, dtype=np.int64) for column in list(zip(*asked, strict=True))[:4]]
    shape, first, last, kept = columns or [np.zeros(0, dtype=np.int64)] * 4
    delay = np.array([one[4] for one in asked], dtype=np.float64)
    together = Asks(np.zeros_like(shape), shape, first, last, kept, delay, np.ones(len(asked)))
    alive = np.array([[1.0, 0.0], [1.0, 0.5]])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(starts, "_KERNEL", False)
        plain = best_starts(market(prices), alive, together, least_gain)
    compiled = best_starts(market(prices), alive, together, least_gain)
    assert compiled.start.tolist() == plain.start.tolist()
    assert compiled.later.tolist() == plain.later.tolist()


SHAPES = st.lists(st.lists(st.floats(0, 1), min_size=3, max_size=3), min_size=1, max_size=3)
BEGUN = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 6)), max_size=5)


@given(SHAPES, BEGUN)
def test_the_compiled_load_is_the_plain_one(falls: list[list[float]], begun: list[Any]) -> None:
    alive: NDArray[np.float64] = np.cumprod(np.array([[1.0, *each] for each in falls]), axis=1)
    shape = np.array([number % len(alive) for number, _ in begun], dtype=np.int64)
    start = np.array([slot for _, slot in begun], dtype=np.int64)
    none = np.zeros_like(shape)
    delay: NDArray[np.float64] = np.zeros(len(begun))
    units: NDArray[np.float64] = np.arange(len(begun), dtype=np.float64) + 0.7
    asks = Asks(none, shape, none, none, none, delay, units)

    compiled = demand(asks, start, alive, 7)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(starts, "_KERNEL", False)
        plain = demand(asks, start, alive, 7)
    assert compiled.tolist() == plain.tolist()
    by_hand = np.zeros(7)
    for taken, row, first in zip(units, shape, start, strict=True):
        for slot, chance in enumerate(alive[row]):
            if first + slot < 7:
                by_hand[first + slot] += taken * chance
    assert compiled == pytest.approx(by_hand)


def test_an_expected_price_is_a_mean_over_the_run_and_nothing_beyond_what_is_known() -> None:
    alive, none = np.array([[1.0, 0.5, 0.5]]), np.zeros(1, dtype=np.int64)
    means = expected_means(np.array([[4.0, 2.0, 8.0]]), alive, none, none, 2)
    assert means.tolist() == [[(4 + 1 + 4) / 2, (2 + 4) / 2]]
