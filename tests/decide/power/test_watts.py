"""Predicted watts: from type, count and class; better from what the same name drew before."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from slurm_energy.decide.gpus.boards import BOARDS, DEFAULT_MODEL, OTHER_SHARE, TRAINING_SHARE
from slurm_energy.decide.power.watthistory import WattHistory
from slurm_energy.decide.power.watts import (
    Machines,
    extra_watts,
    idle_watts,
    learned_from,
    machines,
    watts,
)
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.job import Job, JobKey, Node
from slurm_energy.model.power import GpuPower
from tests.builders import HOUR, NOON, make_job, make_queue, some
from tests.ledger.builders import make_end

TRAINING, EVALUATION = WorkloadClass.TRAINING, WorkloadClass.EVALUATION
NO_CPU = replace(DEFAULT_MODEL, cpu=0.0)
H100 = Machines(NO_CPU, "east", "h100")
A100 = Machines(NO_CPU, "west", "a100")
MIXED = Machines(NO_CPU, "north")


def drawn(where: Machines, job: Job, kind: WorkloadClass = TRAINING, **changes: Any) -> float:
    return float(watts([job], [kind], where, **changes)[0])


def test_type_times_count_times_the_share_of_its_class() -> None:
    assert drawn(H100, make_job(gpus=8)) == pytest.approx(8 * 700 * TRAINING_SHARE)
    assert drawn(A100, make_job(gpus=2), EVALUATION) == pytest.approx(2 * 400 * OTHER_SHARE)


def test_the_prior_is_what_was_measured_in_a_real_cluster() -> None:
    assert 168 <= drawn(A100, make_job(gpus=1), EVALUATION) <= 191


def test_cpus_draw_too() -> None:
    where = Machines(replace(NO_CPU, cpu=3.0), "east", "h100")
    assert drawn(where, make_job(gpus=0, cpus=64)) == 192


def test_a_job_gets_the_type_it_asks_for() -> None:
    job = make_job(gpus=1, gpu_type="a100")
    assert drawn(H100, job) == drawn(A100, job) == drawn(MIXED, job)


def test_without_a_type_on_a_mixed_cluster_nobody_can_tell() -> None:
    assert np.isnan(drawn(MIXED, make_job(gpus=1)))
    assert drawn(MIXED, make_job(gpus=0, cpus=4)) == 0


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("h100", True),
        ("H100", True),
        ("nvidia_h100_80gb_hbm3", True),
        ("a100-sxm4-80gb", True),
        ("gtx_1080", False),
        ("nvidia_a100_1g.5gb", False),  # a slice is not the whole GPU
    ],
)
def test_types_are_known_by_their_word(name: str, known: bool) -> None:
    assert (MIXED.gpu(name) is not None) is known


def test_a_site_may_name_a_slice_itself() -> None:
    model = replace(NO_CPU, gpus={**BOARDS, "1g.10gb": GpuPower(10, 80)})
    assert some(Machines(model, "east").gpu("1g.10gb")).active == 80


def test_what_starting_it_adds_is_what_it_draws_above_idle() -> None:
    job = make_job(gpus=4)
    whole, extra = drawn(H100, job), float(extra_watts([job], [TRAINING], H100)[0])
    assert whole - extra == 4 * BOARDS["h100"].idle
    assert extra > 0


def test_idle_draw_of_nodes() -> None:
    nodes = [Node("n1", 64, 1, 8, "h100"), Node("n2", 64, 1, 4, "unheard-of"), Node("n3", 64, 1, 0)]
    assert idle_watts(nodes, MIXED) == 8 * BOARDS["h100"].idle


def test_the_configured_type_stands_in_where_nodes_name_none() -> None:
    model = replace(DEFAULT_MODEL, untyped={"east": "a100"})
    queue = make_queue(nodes=(Node("east0", 64, 1, 8),))
    assert machines(queue, model).gpu_type == "a100"


def test_what_was_measured_comes_before_the_class_and_says_so() -> None:
    history = WattHistory()
    job = make_job(name="train-99", gpus=2, cluster="east")
    where = replace(H100, history=history)
    assert learned_from(job, TRAINING, where).startswith(
        "the data sheet and its class, since no energy"
    )
    for number in range(3):
        history.learn(make_end(key=JobKey("east", number, NOON), energy=8 * 350 * HOUR))
    assert drawn(where, job) == pytest.approx(2 * 350)
    assert float(extra_watts([job], [TRAINING], where)[0]) == pytest.approx(2 * (350 - 84))
    assert learned_from(job, TRAINING, where).endswith("(3 ended jobs)")


@pytest.mark.parametrize("watts_each", [5_000, 20])
def test_a_draw_that_no_gpu_has_is_not_believed(watts_each: int) -> None:
    history = WattHistory()
    for number in range(3):
        history.learn(make_end(key=JobKey("east", number, NOON), energy=8 * watts_each * HOUR))
    job = make_job(gpus=2)
    assert drawn(replace(H100, history=history), job) == drawn(H100, job)


def test_what_the_cpus_drew_is_counted_once() -> None:
    history = WattHistory()
    for number in range(3):
        ended = make_end(key=JobKey("east", number, NOON), cpus=80, energy=8 * 380 * HOUR)
        history.learn(ended)
    where = replace(H100, model=replace(NO_CPU, cpu=3.0), history=history)
    assert drawn(where, make_job(gpus=1, cpus=10)) == pytest.approx(380)
