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
