"""Options as written become a study to make, or one line that says what is wrong."""

from pathlib import Path
from typing import Any

import pytest

from slurm_energy.errors import InputError
from slurm_energy.simulate.options import Slack
from slurm_energy.simulate.request import JobsFile, Made, Second, Sight, made_of, request, second_of
from slurm_energy.simulate.scene import Nodes, PowerDown
from slurm_energy.simulate.traces.csvtrace import TimeUnit
from tests.builders import some


def given(**changes: Any) -> dict[str, object]:
    """What the command line hands over, defaults included."""
    values: dict[str, object] = {
        "jobs": Path("jobs.csv"),
        "generate": None,
        "time_unit": "s",
        "skip_malformed": False,
        "carbon": "grid.csv:DE",
        "price": None,
        "start": "2026-02-02T00:00Z",
        "hours": 24.0,
        "policy": "balanced",
        "capacity": None,
        "nodes": None,
        "slack": None,
        "forecast": "perfect",
        "run_times": "online",
        "interruptible": "trace",
        "interruption_cost": "0m",
        "idle_power": 0.0,
        "backfill": "first-fit",
        "secondary": None,
        "frontier": False,
    }
    return values | changes


def test_the_least_that_can_be_said() -> None:
    found = request(given())
    assert found.jobs == JobsFile(Path("jobs.csv"))
    assert found.carbon == (Path("grid.csv"), "DE")
    assert (found.start, found.hours, found.capacity, found.slack) == (1769990400, 24, None, None)


def test_everything_that_can_be_said() -> None:
    found = request(
        given(
            time_unit="h",
            skip_malformed=True,
            price="p.csv:DE",
            capacity=30,
            slack="short=1h,long=2d",
            forecast="week",
            interruption_cost="5m",
            idle_power=0.35,
            secondary="grid.csv:FR,capacity=20,price=p.csv:FR",
        )
    )
    assert found.jobs == JobsFile(Path("jobs.csv"), TimeUnit.HOURS, skip_malformed=True)
    assert found.slack == Slack(3600, 2 * 86_400)
    assert (found.forecast, found.interruption_cost) == (Sight.WEEK, 300)
    assert found.second == Second((Path("grid.csv"), "FR"), 20, (Path("p.csv"), "FR"))
    assert found.told["slack"] == "short=1h,long=2d"


def test_nodes_have_gpus_watts_and_may_be_powered_down() -> None:
    assert request(given(nodes="4x8")).nodes == Nodes(4, 8, 96)
    found = some(request(given(nodes="2x4,cpus=64,base=500,idle=50,active=700,down=10m")).nodes)
    assert (found.gpus, found.cpus) == (4, 64)
    assert (found.base_watts, found.idle_gpu_watts, found.active_gpu_watts) == (500, 50, 700)
    assert found.power_down == PowerDown(after=600, boot=300, boot_watts=700)


def test_made_jobs_need_a_seed_alone() -> None:
    assert made_of("seed=0") == Made(0)
    assert made_of("seed=7,days=3,jobs=50,widest=8") == Made(7, 50, 3, 8)
    assert request(given(jobs=None, generate="seed=3")).jobs == Made(3)


def test_a_second_cluster_may_be_without_limit_and_price() -> None:
    assert second_of("g.csv:FR") == Second((Path("g.csv"), "FR"))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"jobs": None}, "name the jobs once: --jobs FILE"),
        ({"generate": "seed=1"}, "name the jobs once"),
        ({"jobs": None, "generate": "jobs=5"}, "names no seed"),
        ({"jobs": None, "generate": "seed=x"}, "seed 'x' is not a whole number from 0"),
        ({"carbon": "grid.csv"}, "names no file and column"),
        ({"start": "tomorrow"}, "is not a time with an offset"),
        ({"slack": "6h"}, "write it as short=6h,long=24h"),
        ({"interruption_cost": "5"}, "interruption cost '5' is not a duration"),
        ({"idle_power": 0.3}, "give --capacity"),
        ({"idle_power": 0.3, "capacity": 5, "secondary": "g:FR"}, "capacity= of --secondary"),
        ({"frontier": True}, "give --price"),
        ({"frontier": True, "price": "p:DE", "secondary": "g:FR"}, "price= of --secondary"),
        (
            {"frontier": True, "price": "p:DE", "policy": "ecovisor"},
            "ecovisor has none; name a preset",
        ),
        ({"nodes": "32"}, "nodes '32': write nodes and GPUs of each as 4x8"),
        ({"nodes": "0x8"}, "nodes '0' is not a whole number from 1"),
        ({"nodes": "4x8,watts=3"}, "'watts=3' is none of cpus=..., base=..., idle=..."),
        ({"nodes": "4x8,boot=5m"}, "give down="),
        ({"nodes": "4x8,idle=900"}, "idle=900 is more than active=400"),
        ({"nodes": "4x8", "capacity": 32}, "leave --capacity and --idle-power out"),
        ({"nodes": "4x8", "idle_power": 0.3}, "leave --capacity and --idle-power out"),
        ({"secondary": "g.csv:FR,units=3"}, "'units=3' is none of capacity=..., price=..."),
        ({"secondary": "g.csv:FR,capacity=0"}, "capacity '0' is not a whole number from 1"),
    ],
)
def test_what_is_wrong_is_named_with_the_cure(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as caught:
        request(given(**changes))
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
