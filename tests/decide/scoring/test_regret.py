"""Regret of waiting: none while a later start is cheaper, full when there is no later start."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.decide.scoring.regret import FULL_REGRET, regret
from tests.builders import make_curve


def test_a_cheaper_later_start_leaves_nothing_to_regret() -> None:
    assert regret(make_curve([1, 0.5, 0]), 3).tolist() == [1, 0, 0]


def test_a_dearer_future_is_regretted_in_proportion() -> None:
    assert regret(make_curve([0, FULL_REGRET / 2, 9]), 2).tolist() == [1, 0.5]


def test_no_curve_regrets_nothing() -> None:
    assert not regret(None, 4).any()


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=40), st.integers(1, 50))
def test_more_slack_never_raises_it(values: list[float], slots: int) -> None:
    found = regret(make_curve(values), slots)
    assert found.shape == (slots,)
    assert np.all(np.diff(found) <= 0)
    assert np.all((found >= 0) & (found <= 1))
