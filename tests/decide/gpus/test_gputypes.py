"""On which GPU type a job runs, as far as anybody can tell."""

from typing import Any

import pytest

from slurm_energy.decide.gpus.boards import DEFAULT_MODEL
from slurm_energy.decide.gpus.gputypes import GpuTypes, Placed
from slurm_energy.model.job import Node, Partition, Queue
from slurm_energy.model.power import PowerModel
from tests.builders import make_queue
from tests.ledger.builders import make_end


def queue(kinds: dict[str, str], cluster: str = "east", **parts: tuple[str, ...]) -> Queue:
    """A cluster of one node for each ``name: GPU type``, in these partitions."""
    nodes = tuple(Node(name, 64, 500_000, 8, kind) for name, kind in kinds.items())
    partitions = tuple(Partition(name, frozenset(of), 8 * len(of)) for name, of in parts.items())
    return make_queue(cluster=cluster, nodes=nodes, partitions=partitions)


TWO = queue({"a": "a100", "b": "a100", "c": "nvidia_h100_80gb_hbm3"}, old=("a", "b"), new=("c",))


def seen(*queues: Queue, model: PowerModel = DEFAULT_MODEL) -> GpuTypes:
    types = GpuTypes(model)
    for one in queues:
        types.see(one)
    return types


@pytest.mark.parametrize(
    ("partition", "asked", "gpus", "found"),
    [
        ("old", "", 1, "a100"),
        ("new", "", 1, "h100"),
        ("old,new", "", 1, ""),
        ("old,new", "H100", 1, "h100"),
        ("new", "", 0, ""),
        ("elsewhere", "", 1, ""),
    ],
)
def test_a_job_runs_on_what_it_asked_for_or_on_the_only_type_there_is(
    partition: str, asked: str, gpus: int, found: str
) -> None:
    assert seen(TWO).of(Placed("east", partition, asked, gpus)) == found


def test_a_site_names_the_type_of_gpus_that_have_none() -> None:
    bare = queue({"a": "", "b": ""}, gpu=("a", "b"))
    told = PowerModel(gpus=DEFAULT_MODEL.gpus, untyped={"east": "A100"})
    job = Placed("east", "gpu", "", 1)
    assert seen(bare).of(job) == ""
    assert seen(bare, model=told).of(job) == "a100"
    assert seen(model=told).of(job) == "a100"


def test_an_ended_job_ran_on_what_accounting_says() -> None:
    told = PowerModel(gpus=DEFAULT_MODEL.gpus, untyped={"east": "a100"})
    assert seen().ran(make_end(gpu_type="NVIDIA_A100-SXM4")) == "a100"
    assert seen().ran(make_end()) == ""
    assert seen(model=told).ran(make_end()) == "a100"
    assert seen(model=told).ran(make_end(gpus=0)) == ""


def test_only_what_may_change_an_answer_is_a_new_version() -> None:
    types = seen(TWO)
    version = types.version
    down: dict[str, Any] = {"usable": False}
    types.see(
        make_queue(
            nodes=tuple(Node(n.name, 64, 1, 8, n.gpu_type, **down) for n in TWO.nodes),
            partitions=TWO.partitions,
        )
    )
    assert types.version == version
    types.see(queue({"a": "l4", "b": "l4", "c": "h100"}, old=("a", "b"), new=("c",)))
    assert types.version == version + 1
    assert types.there() == ["h100", "l4"]
