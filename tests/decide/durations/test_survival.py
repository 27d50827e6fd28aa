"""Survival curves: what a limit says, and how runs that were seen change it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from slurm_energy.decide.durations.survival import (
    NO_LIMIT,
    certain,
    counts,
    cut,
    prior,
    smoothed_counts,
    updated,
)
from tests.builders import HOUR

SLOT = 900
FLAT = np.array([[1.0, 0.75, 0.5, 0.25, 0.0]])


def test_by_the_limit_alone_half_have_ended_at_a_third_and_one_in_ten_reaches_it() -> None:
    (curve,) = prior(np.array([10 * HOUR]), HOUR, SLOT, 60)
    assert curve[0] == 1
    assert curve[4] == pytest.approx(1 - 0.9 * np.sqrt(0.1))
    assert curve[12] > 0.5 > curve[13]
    assert curve[39] == pytest.approx(0.1, abs=0.02)
    assert np.all(curve[40:] == 0)


def test_without_a_limit_runs_fade_away_at_the_typical_run_time() -> None:
    (curve,) = prior(np.array([NO_LIMIT]), HOUR, SLOT, 60)
    assert curve[4] == pytest.approx(np.exp(-1))
    assert curve[-1] > 0


def test_certain_runs_last_until_their_limit() -> None:
    curves = certain(np.array([2 * SLOT, 1000, NO_LIMIT]), HOUR, SLOT, 6)
    assert curves.tolist() == [[1, 1, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0], [1, 1, 1, 1, 0, 0]]


def test_runs_are_counted_in_the_slot_they_end_in() -> None:
    seen = np.array([True, True, True, False])
    ended, at_risk = counts(np.array([1, SLOT, SLOT + 1, 5000]), seen, SLOT, 4)
    assert ended.tolist() == [0, 2, 1, 0]
    assert at_risk.tolist() == [4, 4, 2, 1]


def test_without_runs_the_belief_stays() -> None:
    nothing = np.zeros((1, 5))
    assert updated(FLAT, nothing, nothing, 3.0) == pytest.approx(FLAT)


def test_runs_move_a_belief_as_much_as_they_outweigh_it() -> None:
    ended, at_risk = counts(np.array([SLOT] * 3), np.ones(3, dtype=np.bool_), SLOT, 5)
    (after,) = updated(FLAT, ended[None], at_risk[None], 3.0)
    assert after == pytest.approx([1, 0.375, 0.25, 0.125, 0])


def test_a_run_that_was_cut_short_speaks_only_for_the_time_it_was_seen() -> None:
    """One of two is seen to end in the first slot; the other is taken away in the second."""
    ended, at_risk = counts(np.array([SLOT, 2 * SLOT]), np.array([True, False]), SLOT, 5)
    (after,) = updated(FLAT, ended[None], at_risk[None], 1e-9)
    assert after[:3] == pytest.approx([1, 0.5, 0.5])
    assert after[3] == pytest.approx(0.25)


@given(
    runs=st.lists(st.tuples(st.integers(1, 40 * SLOT), st.booleans()), min_size=1, max_size=30),
    drops=arrays(np.float64, 19, elements=st.floats(0, 1)),
    limit=st.integers(1, 30 * SLOT),
    weight=st.floats(0.1, 100),
)
def test_a_belief_stays_a_survival_curve_whatever_is_seen(
    runs: list[tuple[int, bool]], drops: np.ndarray, limit: int, weight: float
) -> None:
    belief = np.concatenate(([1.0], np.cumprod(1 - drops)))[None]
    seconds = np.array([run for run, _ in runs])
    ended = np.array([end for _, end in runs])
    for count in (counts, smoothed_counts):
        gone, at_risk = count(seconds, ended, SLOT, 20)
        (after,) = cut(updated(belief, gone[None], at_risk[None], weight), np.array([limit]), SLOT)
        assert after[0] == 1
        assert np.all(np.diff(after) <= 0)
        assert np.all((after >= 0) & (after <= 1))
        assert not after[-(-limit // SLOT) :].any()


@given(st.lists(st.integers(1, 10 * HOUR), min_size=1, max_size=30))
def test_smoothing_loses_no_run(runs: list[int]) -> None:
    seconds, ended = np.array(runs), np.ones(len(runs), dtype=np.bool_)
    gone, at_risk = smoothed_counts(seconds, ended, SLOT, 400)
    assert gone.sum() == pytest.approx(len(runs), rel=1e-3)
    assert at_risk[0] == len(runs)
