"""What is taken of a cluster whatever the price: who runs on, and who starts at once."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from slurm_energy.decide.durations.shapes import Shapes
from slurm_energy.decide.market.shares import base_load, units_of
from slurm_energy.model.job import JobState
from tests.builders import NOON, make_curve, make_job
from tests.decide.marketplace import SLOT, stage

if TYPE_CHECKING:
    from slurm_energy.decide.market.stage import Stage

FALLS = st.lists(st.sampled_from([1.0, 0.7, 0.0]), min_size=5, max_size=5)


def job_by_job(given: "Stage", slots: int) -> NDArray[np.float64]:
    """The specification."""
    load: NDArray[np.float64] = np.zeros(slots)
    takes = units_of(given.others, given.capacity)
    for job, row, units in zip(given.others, given.shapes.row, takes, strict=True):
        ran = 0 if job.start_time is None else (NOON - job.start_time) // SLOT
        ahead = given.shapes.alive[row, max(0, ran) :]
        if len(ahead) and ahead[0] > 0:
            still = ahead[:slots] / ahead[0]
            load[: len(still)] += units * still
        else:
            load[0] += units
    return load


@given(
    st.lists(FALLS, min_size=1, max_size=3),
    st.lists(st.tuples(st.none() | st.integers(-1, 8), st.integers(1, 8)), max_size=6),
    st.integers(1, 9),
)
def test_the_load_of_those_that_do_not_choose_is_their_sum_job_by_job(
    falls: list[list[float]], jobs: list[tuple[int | None, int]], slots: int
) -> None:
    alive = np.cumprod(np.array([[1.0, *each] for each in falls]), axis=1)
    others = [
        make_job(number, gpus=gpus)
        if ran is None
        else make_job(number, gpus=gpus, state=JobState.RUNNING, start_time=NOON - ran * SLOT)
        for number, (ran, gpus) in enumerate(jobs)
    ]
    row = np.arange(len(others)) % len(alive)
    shapes = Shapes(SLOT, alive, row, ["a test's"] * len(alive), np.ones(len(alive), np.int64))
    given_ = replace(stage([], make_curve([0.0])), others=others, shapes=shapes)
    assert base_load(given_, slots).tolist() == job_by_job(given_, slots).tolist()
