"""Each job starts in the slot that makes its run cheapest, within its own bounds."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.decide.when import Answer, Ask, best_starts
from tests.builders import NOON, make_curve

SLOT = 900


def ask(
    earliest: int = NOON, latest: int = NOON + 40 * SLOT, run: int = SLOT, kept: int = 0
) -> Ask:
    first, last, length, begin = (
        np.array([value], dtype=np.int64) for value in (earliest, latest, run, kept)
    )
    return Ask(first, last, length, begin, weight=np.ones(1))


def slot_of(answer: Answer) -> int:
    return int((answer.start[0] - NOON) // SLOT)


def test_the_cheapest_slot_is_chosen() -> None:
    assert slot_of(best_starts(make_curve([2, 1, 0, 1, 2]), ask(), 0, 0.1)) == 2


def test_a_long_run_is_priced_over_its_whole_length() -> None:
    curve = make_curve([1, 1, -1, 3, 0, 0, 0])
    assert slot_of(best_starts(curve, ask(run=3 * SLOT), 0, 0.1)) == 4


def test_the_latest_start_is_never_passed() -> None:
    curve = make_curve([2, 1.5, 1, 0])
    assert slot_of(best_starts(curve, ask(latest=NOON + SLOT + 10), 0, 0.1)) == 1


def test_a_price_on_delay_prefers_the_nearer_of_two_good_slots() -> None:
    curve = make_curve([2, 0.2, 2, 2, 2, 0])
    assert slot_of(best_starts(curve, ask(), 0, 0.1)) == 5
    assert slot_of(best_starts(curve, ask(), 1.0, 0.1)) == 1


def test_a_gain_within_the_dead_band_moves_nobody() -> None:
    assert slot_of(best_starts(make_curve([1, 0.95, 1]), ask(), 0, 0.1)) == 0


def test_a_begin_time_already_given_is_kept_while_it_is_nearly_best() -> None:
    curve = make_curve([2, 0.05, 0, 1])
    assert slot_of(best_starts(curve, ask(kept=NOON + SLOT), 0, 0.1)) == 1


def test_a_run_that_leaves_the_known_curve_is_not_put_off() -> None:
    answer = best_starts(make_curve([2, 1]), ask(run=3 * SLOT), 0, 0.1)
    assert answer.start[0] == NOON
    assert np.isnan(answer.price_first[0])


prices = st.lists(st.floats(-3, 3), min_size=1, max_size=60)


@given(prices, st.integers(0, 50), st.integers(-20, 70), st.integers(1, 20), st.integers(0, 60))
def test_a_start_is_never_before_the_earliest_nor_past_the_latest(
    values: list[float], first: int, last: int, length: int, kept: int
) -> None:
    earliest, latest = NOON + first * SLOT + 7, NOON + last * SLOT + 11
    question = ask(earliest, latest, length * SLOT, NOON + kept * SLOT)
    start = best_starts(make_curve(values), question, 0.01, 0.1).start[0]
    assert start >= earliest
    assert start == earliest or start <= latest


@given(prices, st.integers(1, 10), st.floats(0, 1))
def test_the_choice_is_the_brute_force_minimum(
    values: list[float], length: int, delay: float
) -> None:
    answer = best_starts(make_curve(values), ask(run=length * SLOT), delay, 0.0)
    costs = [
        sum(values[s : s + length]) / length + delay / 4 * s
        for s in range(min(41, len(values) - length + 1))
    ]
    if costs:
        assert costs[slot_of(answer)] <= min(costs) + 1e-9
