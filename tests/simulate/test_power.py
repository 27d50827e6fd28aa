"""A demand charge in a play: what it moves, and what it comes to."""

import numpy as np
import pytest

from slurm_energy.decide.power.peak import month
from slurm_energy.model.power import PowerLimit
from slurm_energy.model.presets import PRESETS
from slurm_energy.model.series import Signal
from slurm_energy.simulate.known_runs import TrueRuns
from slurm_energy.simulate.power import UNPOWERED, demand_cost, powered
from slurm_energy.simulate.run import Outcome, simulate
from slurm_energy.simulate.scene import Nodes, Pool, Scene
from slurm_energy.simulate.score import score
from slurm_energy.simulate.sight import foresight
from tests.simulate.plays import DAY
from tests.simulate.small import HOUR, a_job, a_scene, a_schedule, hourly

POLICY = PRESETS["cost-first"]
DAYS = 3
PRICES = [60.0 + 20 * np.sin(hour / 24 * 2 * np.pi) for hour in range(24 * DAYS)]


def crowd(machines: Pool | Nodes, jobs: int = 8) -> Scene:
    """Jobs of a kW and an hour that come together and may wait a day."""
    made = [a_job(run=HOUR, max_delay=DAY) for _ in range(jobs)]
    price = hourly(*PRICES, signal=Signal.PRICE)
    return a_scene(made, hourly(*[100.0] * len(PRICES)), machines, price=price)


def played(scene: Scene, limit: PowerLimit | None = None) -> Outcome:
    signals = foresight(scene.sites, 2 * POLICY.horizon)
    power = UNPOWERED if limit is None else powered(scene, limit)
    return simulate(scene, POLICY, signals, TrueRuns(scene.jobs), power=power)


def peak(scene: Scene, outcome: Outcome) -> float:
    return score(scene, outcome.schedule).all.peak_kw


def test_with_a_charge_the_peak_falls_and_nobody_is_late() -> None:
    scene = crowd(Pool(16))
    without = played(scene)
    charged = played(scene, PowerLimit(demand_charge=12.0, usual_peak=2_000))
    assert peak(scene, without) == 8.0
    assert peak(scene, charged) == 2.0
    assert score(scene, charged.schedule).all.deadline_misses == 0
    assert charged.problems == {}


def test_a_charge_of_next_to_nothing_moves_nobody() -> None:
    scene = crowd(Pool(16))
    cheap = played(scene, PowerLimit(demand_charge=1e-9))
    assert cheap.schedule.start.tolist() == played(scene).schedule.start.tolist()


def test_a_contract_is_kept_where_the_promises_let_it() -> None:
    scene = crowd(Pool(16))
    assert peak(scene, played(scene, PowerLimit(contract=3_000))) == 3.0


def test_what_is_predicted_on_nodes_is_what_they_draw() -> None:
    nodes = Nodes(2, 8, 64)
    scene = crowd(nodes, jobs=6)
    idle, each = 2 * (400 + 8 * 60), 340
    charged = played(scene, PowerLimit(demand_charge=12.0, usual_peak=idle + 2 * each))
    assert peak(scene, charged) == pytest.approx((idle + 2 * each) / 1000)


def test_each_month_pays_for_its_highest_draw() -> None:
    scene = a_scene([a_job()] * 3, hourly(*[100.0] * 24 * 60), Pool(4, idle_share=0.5))
    january, february = 20 * DAY, 40 * DAY
    assert month(february) == month(january) + 1
    both = a_schedule(
        (1, january, january + HOUR), (2, january, january + HOUR), (3, february, february + HOUR)
    )
    assert demand_cost(scene, both, 10.0) == pytest.approx(10 * (2 + 2 * 0.5) + 10 * (2 + 0.5))
    over = a_schedule((1, 31 * DAY - HOUR, 31 * DAY + HOUR))
    assert demand_cost(scene, over, 10.0) == pytest.approx(2 * 10 * 2.5)
