"""A turn where machines cost by the hour, or heat costs energy: what it moves, and what not."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from slurm_energy.decide.pricing.price import Curve
from slurm_energy.model.calendar import Band
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.cooling import Cooling
from slurm_energy.model.job import JobState
from slurm_energy.model.rates import ClusterRates, Rates
from slurm_energy.model.series import Signal
from slurm_energy.model.timeofuse import PricedBand, TimeOfUse
from slurm_energy.turn import Turn
from tests.builders import HOUR, NOON, make_series, make_signals, some
from tests.worlds import GivenSignals, Town

FLAT = make_signals([300.0] * 96, [80.0] * 96)
NIGHT_FROM = NOON - NOON % (24 * HOUR) + 22 * HOUR
"""22:00 UTC, eight hours from now."""
NIGHT = Band(ZoneInfo("UTC"), 22 * HOUR, 6 * HOUR)


def rates(day: float, night: float) -> dict[str, ClusterRates]:
    gpu_hour = TimeOfUse(day, (PricedBand(NIGHT, night),))
    return {"east": ClusterRates(Rates(gpu_hour, TimeOfUse(0.0), 0.8, 0.003))}


def turn(town: Town) -> tuple[Turn, int]:
    job_id = town.submit()
    return town.daemon().turn(), job_id


def test_a_flexible_job_waits_for_cheaper_gpu_hours() -> None:
    town = Town(signals=GivenSignals({"east": FLAT}), rates=rates(day=2.4, night=1.2))
    _, job = turn(town)
    assert NIGHT_FROM <= town.eligible_from(job) < NIGHT_FROM + HOUR


def test_the_same_rate_at_all_hours_moves_nobody() -> None:
    town = Town(signals=GivenSignals({"east": FLAT}), rates=rates(day=2.4, night=2.4))
    found, _ = turn(town)
    assert found.outcomes == []


def test_dear_machines_outweigh_cheap_energy() -> None:
    """The dirty and dear hours are over at once; GPUs get cheap only at night."""
    cheap_soon = make_signals([300.0] * 96, [80.0] * 3 + [60.0] * 93)
    without, with_rates = Town(), Town(rates=rates(day=2.4, night=1.2))
    for town in (without, with_rates):
        town.signals = GivenSignals({"east": cheap_soon})
    begins = []
    for town in (without, with_rates):
        _, job = turn(town)
        begins.append(town.eligible_from(job))
    assert begins[0] < NOON + 4 * HOUR
    assert begins[1] >= NIGHT_FROM


def test_a_flexible_job_waits_until_the_reservation_has_room() -> None:
    flat = TimeOfUse(2.4)
    reserved = Rates(flat, TimeOfUse(0.0), 0.8, 0.003, reserved=16, reserved_gpu_hour=1.1)
    town = Town(
        signals=GivenSignals({"east": FLAT}), rates={"east": ClusterRates(None, {"gpu": reserved})}
    )
    town.east.submit(
        state=JobState.RUNNING, gpus=16, partition="gpu", start_time=NOON, time_limit=5 * HOUR
    )
    _, job = turn(town)
    assert NOON + 5 * HOUR <= town.eligible_from(job) < NOON + 6 * HOUR


def told(found: Turn) -> list[object]:
    """All that a turn decided, as bytes or plain values."""
    plan = found.plans["east"]
    whole = (plan.begin, plan.points, plan.age_points)
    prices = (plan.price_first, plan.price_chosen)
    decisions = [plan.decision(row, 1) for row in range(len(plan.subjects))]
    columns = [one.tobytes() for one in whole] + [one.tobytes() for one in prices]
    return [*columns, repr(decisions), repr(found.outcomes)]


@pytest.mark.parametrize("elsewhere", [{}, {"west": ClusterRates()}, {"east": ClusterRates()}])
def test_without_rates_the_plan_is_the_same_byte_for_byte(
    elsewhere: dict[str, ClusterRates],
) -> None:
    plans = []
    for town in (Town(), Town(rates=elsewhere)):
        for gpus in (1, 2, 8):
            town.submit(gpus=gpus)
        plans.append(told(town.daemon().turn()))
    assert plans[0] == plans[1]


def curve_of(found: Turn) -> Curve:
    return some(found.curves["east"][WorkloadClass.EVALUATION])


def test_a_hot_afternoon_is_a_reason_to_wait_on_a_flat_grid() -> None:
    hot_then_cool = make_series([30.0] * 6 + [5.0] * 90, signal=Signal.TEMPERATURE)
    cooling = Cooling(1.3, ((5.0, 1.1), (30.0, 1.5)))
    warm = replace(FLAT, pue=cooling.pue(hot_then_cool, NOON))
    town = Town(signals=GivenSignals({"east": warm}))
    found, job = turn(town)
    assert town.eligible_from(job) >= NOON + 6 * HOUR
    assert some(curve_of(found).carbon)[0] == pytest.approx(450)
    assert some(found.signals["east"].carbon).at(NOON) == 300


def test_a_fixed_pue_changes_what_is_told_and_moves_nobody() -> None:
    bare, with_pue = Town(), Town()
    with_pue.signals = GivenSignals(
        {"east": replace(bare.signals.now["east"], pue=Cooling(1.4).pue(None, NOON))}
    )
    begins, carbon = [], []
    for town in (bare, with_pue):
        found, job = turn(town)
        begins.append(town.eligible_from(job))
        carbon.append(some(curve_of(found).carbon)[0])
    assert begins[0] == begins[1]
    assert carbon[1] == pytest.approx(1.4 * carbon[0])


def test_explain_tells_what_the_job_costs_at_once_and_when_it_starts() -> None:
    town = Town(signals=GivenSignals({"east": FLAT}), rates=rates(day=2.4, night=1.2))
    found, job = turn(town)
    terms = found.plans["east"].decision(0, 1).terms
    gpus, hours = town.east.job(job).gpus, float(str(terms["cost_run"])) / HOUR
    assert terms["compute_cost_at_once"] == pytest.approx(2.4 * gpus * hours)
    assert terms["compute_cost_at_start"] == pytest.approx(1.2 * gpus * hours)
    assert terms["energy_cost_at_once"] == terms["energy_cost_at_start"]
    assert terms["energy_cost_at_once"] == pytest.approx(0.8 * gpus * hours * 0.08)


def test_explain_of_a_site_without_costs_has_no_such_terms() -> None:
    found, _ = turn(Town())
    terms = found.plans["east"].decision(0, 1).terms
    assert not [name for name in terms if "cost_" in name and name != "cost_of_waiting"]
    assert not [name for name in terms if name.startswith("pue")]
