"""A predicted run time as explain shows it."""

import numpy as np

from slurm_energy.decide.described import Described, describe
from slurm_energy.decide.shapes import Shapes
from tests.builders import HOUR

SHAPES = Shapes(
    slot=HOUR,
    alive=np.array([[1, 0.95, 0.5, 0.5, 0.1, 0], [1, 1, 1, 0.8, 0.8, 0.8]]),
    row=np.array([1, 0, 0]),
    label=["alice's train-*", "partition gpu"],
    samples=np.array([12, 400]),
)


def test_a_distribution_is_its_origin_and_three_moments() -> None:
    assert describe(SHAPES, 2) == Described("alice's train-*", 12, 2 * HOUR, 2 * HOUR, 4 * HOUR)


def test_what_lies_beyond_the_grid_is_not_known() -> None:
    assert describe(SHAPES, 0) == Described("partition gpu", 400, 3 * HOUR, None, None)
