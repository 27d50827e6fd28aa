"""Curves stand side by side on one grid, each as much as its jobs mind it."""

from dataclasses import replace

import numpy as np

from slurm_energy.decide.pricing.prices import side_by_side
from tests.builders import NOON, make_curve


def test_each_curve_counts_by_its_weight_and_what_is_not_known_is_the_mean() -> None:
    both = side_by_side([make_curve([1.0, 2.0, 3.0]), make_curve([1.0])], [1.0, 0.5], 4)
    assert both.values.tolist() == [[1.0, 2.0, 3.0, 0.0], [0.5, 0.0, 0.0, 0.0]]
    assert both.known.tolist() == [3, 1]


def test_a_curve_longer_than_the_grid_is_cut() -> None:
    one = side_by_side([make_curve([1.0, 2.0, 3.0])], [1.0], 2)
    assert one.values.tolist() == [[1.0, 2.0]]
    assert one.known.tolist() == [2]


def test_the_level_is_weighed_like_the_curve() -> None:
    curve = replace(make_curve([1.0]), level=4.0)
    assert side_by_side([curve, curve], [1.0, 2.0], 1).level.tolist() == [4.0, 8.0]


def test_a_surcharge_is_paid_where_it_is_said() -> None:
    both = side_by_side([make_curve([1.0, 2.0]), make_curve([1.0, 2.0])], [1.0, 1.0], 2)
    dearer = both.plus(np.array([0.0, 5.0]), np.array([True, False]))
    assert dearer.values.tolist() == [[1.0, 7.0], [1.0, 2.0]]
    assert both.values.tolist() == [[1.0, 2.0], [1.0, 2.0]]


def test_slots_and_moments_belong_together() -> None:
    one = side_by_side([make_curve([0.0] * 8)], [1.0], 8)
    assert [one.slot_of(one.time_of(slot)) for slot in range(8)] == list(range(8))
    assert one.slot_of(one.time_of(3) + one.slot - 1) == 3
    assert one.slot_of(NOON - 10_000) == 0
