"""Predicted watts: from type, count and class; better from what the same name drew before."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from slurm_energy.decide.boards import BOARDS, DEFAULT_MODEL, OTHER_SHARE, TRAINING_SHARE
from slurm_energy.decide.watts import (
    Machines,
    extra_watts,
    idle_watts,
    learn,
    machines,
    speed_ratio,
    watts,
)
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.decision import JobEnd
from slurm_energy.model.job import Job, JobKey, Node
from slurm_energy.model.power import GpuPower
from tests.builders import HOUR, NOON, make_job, make_queue, some

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


def test_speed_by_type() -> None:
    job = make_job(gpus=1)
    assert speed_ratio(job, H100, H100) == 1
    assert some(speed_ratio(job, H100, A100)) > 2
    ratio = some(speed_ratio(job, H100, A100)) * some(speed_ratio(job, A100, H100))
    assert ratio == pytest.approx(1)
    assert speed_ratio(job, MIXED, H100) is None
    assert speed_ratio(make_job(gpus=0), MIXED, H100) == 1


def end(number: int, watts_each: float | None, **changes: Any) -> JobEnd:
    """An hour on four GPUs at ``watts_each``."""
    values: dict[str, Any] = {
        "key": JobKey("east", number, NOON),
        "ran_on": "east",
        "name": f"train-{number}",
        "user": "alice",
        "account": "research",
        "partition": "gpu",
        "state": "COMPLETED",
        "eligible": NOON,
        "start": NOON,
        "end": NOON + HOUR,
        "time_limit": HOUR,
        "gpus": 4,
        "cpus": 4,
        "nodes": 1,
        "energy": None if watts_each is None else round(4 * watts_each * HOUR),
    }
    return JobEnd(**(values | changes))


def test_own_history_comes_before_the_class() -> None:
    history = learn([end(n, watts) for n, watts in enumerate((350, 360, 900))], {"east": H100})
    job = make_job(name="train-99", user="alice", gpus=2)
    assert drawn(H100, job, history=history) == pytest.approx(2 * 360)
    assert drawn(A100, job, history=history) == pytest.approx(2 * 360 / 700 * 400)
    other = make_job(name="train-99", user="bob", gpus=2)
    assert drawn(H100, other, history=history) == drawn(H100, other)


@pytest.mark.parametrize(
    "ends",
    [
        [end(n, 350) for n in range(2)],
        [end(n, None) for n in range(5)],
        [end(n, 5_000) for n in range(5)],  # the energy of a shared node
        [end(n, 20) for n in range(5)],  # less than idle
        [end(n, 350, end=NOON + 60) for n in range(5)],
        [end(n, 350, start=None) for n in range(5)],
        [end(n, 350, gpus=0) for n in range(5)],
        [end(n, 350, ran_on="elsewhere") for n in range(5)],
    ],
    ids=["too few", "no energy", "absurd", "below idle", "short", "never ran", "no GPU", "unknown"],
)
def test_what_can_not_be_believed_teaches_nothing(ends: list[JobEnd]) -> None:
    assert learn(ends, {"east": H100}) == {}


def test_nobody_draws_nothing() -> None:
    assert watts([], [], H100).shape == (0,)
