"""GPU counts in the strings of Slurm."""

import pytest

from slurm_energy.slurm import gres


@pytest.mark.parametrize(
    ("text", "gpus"),
    [
        ("", 0),
        ("cpu=1,mem=20000M,node=1,billing=1", 0),
        ("cpu=1,node=1,billing=1,gres/gpu=8", 8),
        ("cpu=1,gres/gpu=8,gres/gpu:h100=8", 8),
        ("cpu=1,gres/gpu:h100=6,gres/gpu:a100=2", 8),
        ("gpu:h100:8(IDX:0-7)", 8),
        ("gpu:h100:4(S:0-1),gpu:a100:2", 6),
        ("gres/gpu:2", 2),
        ("gres/gpu:h100:2", 2),
        ("gres/gpu", 1),
        ("gres:gpu:3", 3),
        ("gres/gpumem=80G,gres/gpuutil=100", 0),
        ("shard:8,gres/gpu=1", 1),
    ],
)
def test_gpus_are_counted(text: str, gpus: int) -> None:
    assert gres.count(text) == gpus


def test_requests_count_where_accounting_does_not_track_gpus() -> None:
    tres = "cpu=8,mem=1G,node=2"
    assert gres.requested(tres, "", "gres/gpu:4", "", nodes=2, tasks=8) == 8
    assert gres.requested(tres, "gres/gpu:6", "", "", nodes=2, tasks=8) == 6
    assert gres.requested(tres, "", "", "gres/gpu:1", nodes=2, tasks=8) == 8
    assert gres.requested(tres, "", "", "", nodes=2, tasks=8) == 0


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", ""),
        ("cpu=1,gres/gpu=8", ""),
        ("cpu=1,gres/gpu=8,gres/gpu:h100=8", "h100"),
        ("gpu:h100:6(S:0-1),gpu:a100:2", "h100"),
        ("gpu:b:4,gpu:a:4", "a"),
        ("gres/gpu:nvidia_h100_80gb_hbm3:2", "nvidia_h100_80gb_hbm3"),
    ],
)
def test_the_type_is_the_most_frequent_one(text: str, kind: str) -> None:
    assert gres.gpu_type(text) == kind


def test_the_first_text_that_names_a_type_tells_it() -> None:
    assert gres.gpu_type("gres/gpu=2", "", "gres/gpu:a100:2", "gres/gpu:h100:2") == "a100"


@pytest.mark.parametrize(
    ("tres", "mib"),
    [
        ("cpu=1,node=1", None),
        ("cpu=1,mem=20000M,node=1", 20_000),
        ("mem=4G", 4096),
        ("cpu=1,mem=1.5T", 1_572_864),
        ("mem=512", 512),
        ("cpu=1,gres/gpumem=80G", None),
    ],
)
def test_memory_is_in_mib(tres: str, mib: int | None) -> None:
    assert gres.memory(tres) == mib
