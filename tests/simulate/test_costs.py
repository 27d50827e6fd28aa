"""What machines cost by the hour over a schedule, and PUE in a study: by hand and end to end."""

import json
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from slurm_energy.cli.render_simulate import render_simulate
from slurm_energy.errors import InputError
from slurm_energy.model.calendar import Band
from slurm_energy.model.rates import ClusterRates, Rates
from slurm_energy.model.timeofuse import PricedBand, TimeOfUse
from slurm_energy.simulate.costs import compute_cost, with_costs
from slurm_energy.simulate.page.notes import notes
from slurm_energy.simulate.result import Document, result, to_json
from slurm_energy.simulate.scene import Pool, Scene, Site
from slurm_energy.simulate.study import Study, study
from tests.simulate.small import HOUR, a_job, a_scene, a_schedule, hourly
from tests.simulate.studies import GRID, make_request

AFTER_ONE = PricedBand(Band(ZoneInfo("UTC"), HOUR, 24 * HOUR), 1.0)
RATES = Rates(TimeOfUse(2.0, (AFTER_ONE,)), TimeOfUse(0.1), kw_per_gpu=0.8, kw_per_cpu=0.004)
"""2 per GPU-hour until 01:00 and 1 after it; 0.1 per CPU-hour."""


def charged(scene: Scene, rates: ClusterRates) -> Scene:
    return replace(scene, sites=(replace(scene.sites[0], rates=rates), *scene.sites[1:]))


def test_each_hour_costs_what_it_costs_then() -> None:
    jobs = [replace(a_job(run=2 * HOUR, gpus=4), cpus=16)]
    scene = charged(a_scene(jobs, hourly(1, 1, 1)), ClusterRates(RATES))
    # half an hour at 2, one and a half at 1, for 4 GPUs; two hours of 16 CPUs
    found = compute_cost(scene, a_schedule((1, 1800, 9000), units=4), 3 * HOUR)
    assert found == pytest.approx(4 * (0.5 * 2 + 1.5 * 1) + 16 * 2 * 0.1)


def test_what_is_reserved_is_paid_once_used_or_not() -> None:
    reserved = replace(RATES, cpu_hour=TimeOfUse(0.0), reserved=3, reserved_gpu_hour=0.5)
    scene = charged(a_scene([a_job(gpus=2), a_job(gpus=2)], hourly(1, 1)), ClusterRates(reserved))
    apart = a_schedule((1, 0, HOUR), (2, HOUR, 2 * HOUR), units=2)
    together = a_schedule((1, 0, HOUR), (2, 0, HOUR), units=2)
    whole = 3 * 0.5 * 2
    assert compute_cost(scene, apart, 2 * HOUR) == pytest.approx(whole)
    # four at once: one of them beyond the reservation for an hour at 2
    assert compute_cost(scene, together, 2 * HOUR) == pytest.approx(whole + 2.0)


def test_a_partition_is_charged_by_its_own_rates() -> None:
    jobs = [replace(a_job(), partition="debug"), replace(a_job(), partition="gpu")]
    rates = ClusterRates(None, {"debug": replace(RATES, gpu_hour=TimeOfUse(0.25))})
    scene = charged(a_scene(jobs, hourly(1)), rates)
    assert compute_cost(scene, a_schedule((1, 0, HOUR), (2, 0, HOUR)), HOUR) == pytest.approx(0.25)


def test_without_rates_no_machine_costs_anything_that_is_known() -> None:
    scene = a_scene([a_job()], hourly(1))
    assert compute_cost(scene, a_schedule((1, 0, HOUR)), HOUR) is None


COSTS = """
[calendars.utc]
zone = "UTC"
[signals.clusters.east]
price = { constant = 90 }
temperature = { csv = "TEMPERATURE", fixed_unit = "degC", value = "east" }
[costs.clusters.east]
pue = 1.3
pue_curve = [[0, 1.1], [30, 1.5]]
[costs.clusters.east.rates]
gpu_hour = 2
kw_per_gpu = 1
bands = [{ calendar = "utc", start = "20:00", end = "06:00", gpu_hour = 1 }]
"""


def costs_file(directory: Path) -> Path:
    outside = directory / "temperature.csv"
    outside.write_text(
        "time,east\n2026-01-01T00:00Z,15\n2026-01-01T01:00Z,15\n2026-01-01T02:00Z,15\n"
    )
    path = directory / "costs.toml"
    path.write_text(COSTS.replace("TEMPERATURE", str(outside)))
    return path


def made(tmp_path: Path, *, costs: bool, price: bool = True) -> Study:
    return study(
        make_request(
            tmp_path,
            policy="cost-first",
            price=(GRID, "east-price") if price else None,
            costs=costs_file(tmp_path) if costs else None,
        )
    )


def test_the_report_says_that_pue_is_in_and_keeps_energy_and_machines_apart(
    tmp_path: Path,
) -> None:
    said = list(notes(made(tmp_path, costs=True)))
    pue = "Carbon and energy costs have the site's PUE in them, in the mean over the period 1.3 at "
    assert f"{pue}east." in said
    assert [one.split(":")[0] for one in said if "machines by the hour" in one] == [
        "Costs of the baseline",
        "Costs of the policy",
    ]
    assert not [one for one in notes(made(tmp_path, costs=False)) if "PUE" in one]


def document(found: Study) -> Document:
    return json.loads(to_json(result(found.judged, found.run)))  # type: ignore[no-any-return]


def test_a_study_with_costs_tells_energy_machines_and_both_and_that_pue_is_in(
    tmp_path: Path,
) -> None:
    without, found = (document(made(tmp_path, costs=costs)) for costs in (False, True))
    assert without["costs"] is None
    costs, policy = found["costs"], found["policy"]
    assert isinstance(costs, dict)
    assert isinstance(policy, dict)
    # the temperature is known for three hours in January: after them the design PUE stands
    assert costs["pue"] == {"east": 1.3}
    told = costs["policy"]
    assert told["energy_cost"] == policy["all"]["energy_cost"]
    assert told["total_cost"] == pytest.approx(told["energy_cost"] + told["compute_cost"])
    assert told["compute_cost"] < costs["baseline"]["compute_cost"]
    before, after = (one["baseline"]["all"]["carbon_kg"] for one in (without, found))  # type: ignore[index]
    assert after == pytest.approx(1.3 * before)
    lines = render_simulate(found)
    assert "PUE is in all carbon and energy costs: east 1.3" in lines
    assert any(line.startswith("policy costs: energy ") for line in lines)


def test_rates_need_a_price_and_the_file_must_name_a_site(tmp_path: Path) -> None:
    site = Site("east", Pool(None), hourly(1))
    with pytest.raises(InputError, match="rates of east add to a price of energy; give --price"):
        with_costs([site], costs_file(tmp_path))
    with pytest.raises(InputError, match=r"\[costs.clusters\] has no entry for west; add one"):
        with_costs([replace(site, name="west")], costs_file(tmp_path))


def test_pue_by_the_temperature_is_in_the_signals(tmp_path: Path) -> None:
    january = 1_767_225_600
    shifted = hourly(100, 100, 100, 100)
    carbon = replace(
        shifted, times=tuple(january + time for time in shifted.times), end=january + shifted.end
    )
    site = Site("east", Pool(None), carbon, carbon)
    (found,) = with_costs([site], costs_file(tmp_path))
    # 1.3 at 15 degrees, as it happens the design value too
    assert found.carbon.at(january) == pytest.approx(130)
    cold = costs_file(tmp_path)
    cold.write_text(cold.read_text().replace("pue = 1.3", "pue = 1.2"))
    (found,) = with_costs([site], cold)
    assert [found.carbon.at(january + hour * HOUR) for hour in (0, 2, 3)] == pytest.approx(
        [130, 130, 120]
    )
