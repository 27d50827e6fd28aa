"""A distribution as ten numbers of seconds."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.decide.durations.deciles import deciles
from slurm_energy.decide.durations.shapes import slots_until

SLOT = 900


def numbers(text: str) -> list[int]:
    return [int(one) for one in text.split()]


def test_each_tenth_is_told_by_the_slot_in_which_it_has_ended() -> None:
    alive = np.array([1.0, 0.75, 0.45, 0.25, 0.05, 0.0])
    slots = [1, 1, 2, 2, 2, 3, 3, 4, 4, 5]
    assert numbers(deciles(alive, SLOT, None)) == [one * SLOT for one in slots]


def test_no_run_is_told_to_be_longer_than_its_limit() -> None:
    alive = np.array([1.0, 1.0, 0.0, 0.0])
    assert numbers(deciles(alive, SLOT, 1000)) == [1000] * 10


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_they_never_fall_and_half_is_the_market_s_own_half(drops: list[float]) -> None:
    alive = np.append(1.0, np.sort(np.array(drops))[::-1])
    found = numbers(deciles(alive, SLOT, None))
    assert found == sorted(found)
    assert found[4] == slots_until(alive[None, :], 0.5)[0] * SLOT
