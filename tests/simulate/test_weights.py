"""The frontier of weights: what moves as the weight goes from price to carbon."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.model.presets import PRESETS
from slurm_energy.simulate.judge import Played
from slurm_energy.simulate.request import Stopping
from slurm_energy.simulate.weights import WEIGHTS, Weighed, weighed, weighing
from tests.simulate.plainqueue import judged
from tests.simulate.small import HOUR, a_job, a_scene, a_schedule, hourly
from tests.simulate.studies import make_request


def opposed(tmp_path: Path) -> list[Weighed]:
    """An hour's job that may wait: the second hour is clean and dear, the third cheap and dirty."""
    carbon, price = hourly(300, 100, 400, 300, 300, 300), hourly(50, 90, 10, 50, 50, 50)
    job = a_job(max_delay=3 * HOUR)
    scene = a_scene([job], carbon, price=price)
    whole = judged(scene, Played(a_schedule((1, 0, HOUR))))
    request = make_request(tmp_path, interruptible=Stopping.NONE)
    return list(weighed(whole, request, PRESETS["carbon-first"], lambda _: None))


def test_each_end_saves_most_of_its_own_signal(tmp_path: Path) -> None:
    found = opposed(tmp_path)
    assert [one.carbon_weight for one in found] == list(WEIGHTS)
    cost, carbon = found[0], found[-1]
    assert cost.energy_cost_saved_percent == pytest.approx(80)
    assert cost.carbon_saved_percent == pytest.approx(-100 / 3)
    assert carbon.carbon_saved_percent == pytest.approx(200 / 3)
    assert carbon.energy_cost_saved_percent == pytest.approx(-80)


def test_the_optimum_of_each_end_is_not_beaten_at_its_own_signal(tmp_path: Path) -> None:
    found = opposed(tmp_path)
    most = max(one.carbon_saved_percent or 0 for one in found)
    assert found[-1].bound_carbon_saved_percent == pytest.approx(most)
    cheapest = max(one.energy_cost_saved_percent or 0 for one in found)
    assert found[0].bound_energy_cost_saved_percent == pytest.approx(cheapest)


@given(st.sampled_from(sorted(PRESETS)), st.floats(0, 1))
def test_a_class_keeps_its_weight_on_energy_and_everything_else(preset: str, carbon: float) -> None:
    before = PRESETS[preset]
    after = weighing(before, carbon)
    for name, kind in before.classes.items():
        now = after.classes[name]
        assert now.carbon + now.price == pytest.approx(kind.carbon + kind.price)
        assert now.carbon == pytest.approx(carbon * (kind.carbon + kind.price))
        assert (now.delay, now.ramp, now.urgency) == (kind.delay, kind.ramp, kind.urgency)
