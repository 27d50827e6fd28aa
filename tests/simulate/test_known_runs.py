"""Run times that the trace gives away."""

import numpy as np
import pytest

from slurm_energy.decide.durations.shapes import Shapes
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.job import Job
from slurm_energy.simulate.known_runs import QueueRuns, TrueRuns
from slurm_energy.simulate.online_runs import OnlineRuns
from slurm_energy.simulate.scene import Pool
from tests.builders import HOUR, MINUTE, make_job
from tests.simulate.plays import START, Stage, make_scene, make_trace_job

SLOT = 15 * MINUTE
TRACE = [
    make_trace_job(1, run=10 * MINUTE, partition="short"),
    make_trace_job(2, run=30 * MINUTE, partition="short"),
    make_trace_job(3, run=30 * MINUTE + 1, partition="short"),
    make_trace_job(4, run=3 * HOUR, partition="long"),
]


def shown(*numbers: int) -> list[Job]:
    return [make_job(number, admin_comment=str(number)) for number in numbers]


def curve(shapes: Shapes, row: int) -> list[float]:
    return [round(float(value), 3) for value in shapes.alive[shapes.row[row]]]


def test_a_true_run_lasts_until_the_slot_in_which_it_ends() -> None:
    shapes = TrueRuns(TRACE).shapes(shown(1, 2, 3), [], SLOT, 4)
    assert curve(shapes, 0) == [1, 0, 0, 0]
    assert curve(shapes, 1) == [1, 1, 0, 0]
    assert curve(shapes, 2) == [1, 1, 1, 0]
    assert shapes.alive.flags.c_contiguous


def test_runs_of_equally_many_slots_share_a_shape() -> None:
    shapes = TrueRuns(TRACE).shapes(shown(4, 1, 4), [], SLOT, 96)
    assert shapes.alive.shape == (2, 96)
    assert list(shapes.row) == [1, 0, 1]
    assert shapes.label[1] == "true run time, 3 h"


def test_what_lies_beyond_the_grid_is_not_told_apart() -> None:
    assert curve(TrueRuns(TRACE).shapes(shown(4), [], SLOT, 3), 0) == [1, 1, 1]


def test_a_queue_has_the_runs_of_the_whole_trace() -> None:
    shapes = QueueRuns(TRACE).shapes(shown(3, 4, 1), [], SLOT, 4)
    assert curve(shapes, 0) == [1, 0.667, 0.333, 0]
    assert curve(shapes, 1) == [1, 1, 1, 1]
    assert curve(shapes, 2) == curve(shapes, 0)
    assert [shapes.label[row] for row in shapes.row] == [
        "partition short",
        "partition long",
        "partition short",
    ]
    assert list(shapes.samples[shapes.row]) == [3, 1, 3]


def test_a_queues_shape_is_made_once() -> None:
    runs = QueueRuns(TRACE)
    first = runs.shapes(shown(1), [], SLOT, 4)
    assert runs.shapes(shown(4), [], SLOT, 4).alive is first.alive


def test_without_jobs_there_are_no_rows() -> None:
    for runs in (TrueRuns(TRACE), QueueRuns(TRACE)):
        assert len(runs.shapes([], [], SLOT, 4).row) == 0


def test_online_nothing_is_known_that_has_not_ended() -> None:
    """Thirty short runs have ended, as many long ones go on: only the short ones are learned."""
    short = [make_trace_job(number, run=10 * MINUTE) for number in range(1, 31)]
    long = [make_trace_job(number, run=9 * HOUR) for number in range(31, 61)]
    asked = make_trace_job(61, after=2 * HOUR)
    stage = Stage(make_scene([*short, *long, asked], Pool(None)))
    runs = OnlineRuns(stage.scene.jobs, typical_run=3600)
    door = stage.clusters.doors["east"]
    stage.until(2 * HOUR)
    for _ in range(2):
        runs.tell("east", door.ended(START))
    shapes = runs.shapes([stage.job(61)], [WorkloadClass.EVALUATION], SLOT, 16)
    assert int(shapes.samples[shapes.row[0]]) == 30
    assert shapes.alive[shapes.row[0], 2:].max() < 0.1


@pytest.mark.parametrize("runs", [TrueRuns(TRACE), QueueRuns(TRACE)])
def test_shapes_start_certain_and_never_rise(runs: TrueRuns | QueueRuns) -> None:
    alive = runs.shapes(shown(1, 2, 3, 4), [], SLOT, 20).alive
    assert np.all(alive[:, 0] == 1)
    assert np.all(np.diff(alive, axis=1) <= 0)
