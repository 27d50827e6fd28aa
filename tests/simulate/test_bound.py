"""The bound is what nobody can beat, and on public data it is the yardsticks' figure."""

import numpy as np
import pytest

from slurm_energy.simulate.bound import Kind, bound, last_moment
from slurm_energy.simulate.columns import columns
from slurm_energy.simulate.exact import one_block
from slurm_energy.simulate.first_come import first_come
from slurm_energy.simulate.integral import integral
from slurm_energy.simulate.objective import blend, carbon, price
from slurm_energy.simulate.published import run_at_once
from slurm_energy.simulate.scene import Pool, Scene
from slurm_energy.simulate.score import Tally, score
from tests.simulate import public
from tests.simulate.small import HOUR

STARTS = tuple(168 + 720 * month for month in range(12))


def saved(found: float, baseline: float) -> float:
    """Percent."""
    return 100 * (1 - found / baseline)


def at_once(scene: Scene) -> Tally:
    return score(scene, run_at_once(scene)).all


# Without a limit, exact


@public.needed
def test_in_one_block_at_whole_hours_and_at_any_second() -> None:
    scene = public.scene("AU-SA")
    jobs, grams = columns(scene.jobs), integral(scene.sites[0].carbon)
    waits = HOUR * np.arange(25)
    starts = jobs.submit[:, None] + waits
    emitted = grams.between(starts, starts + jobs.run[:, None]) * jobs.units[:, None] / 3.6e6
    emitted[waits > jobs.slack[:, None]] = np.inf
    hourly_best = emitted.min(axis=1).sum()
    exact = score(scene, one_block(scene, carbon(scene))).all
    assert round(saved(hourly_best, at_once(scene).carbon_kg), 1) == 38.6
    assert round(saved(exact.carbon_kg, at_once(scene).carbon_kg), 1) == 38.8
    assert exact.deadline_misses == 0


@public.needed
def test_with_stop_and_resume() -> None:
    scene = public.scene("AU-SA")
    found = bound(scene)
    tally = score(scene, found.schedule).all
    assert found.kind is Kind.EXACT
    assert round(saved(found.value, at_once(scene).carbon_kg), 1) == 45.4
    assert round(tally.mean_delay_hours, 1) == 7.4
    assert tally.carbon_kg == pytest.approx(found.value)
    assert tally.deadline_misses == 0


# With a limit


@pytest.mark.parametrize(
    ("units", "percent"), [(60, 44.5), (45, 42.9), (40, 41.8), (35, 40.2), (30, 37.7)]
)
@public.needed
def test_with_a_limit_against_run_at_once_without_one(units: int, percent: float) -> None:
    scene = public.scene("AU-SA", pool=Pool(units))
    found = bound(scene)
    assert found.kind is Kind.RELAXATION
    assert round(saved(found.value, at_once(scene).carbon_kg), 1) == percent


@pytest.mark.parametrize(
    ("zone", "units", "percent", "whole_cluster"),
    [
        ("AU-SA", 30, 38.1, (19.8, 14.1)),
        ("AU-SA", 22, 28.8, (17.0, 12.6)),
        ("AU-SA", 20, 22.0, (13.3, 10.0)),
        ("AU-SA", 19, 17.9, (11.1, 8.4)),
        ("DE", 30, 11.1, (5.3, 3.7)),
        ("DE", 22, 8.0, (4.5, 3.2)),
        ("DE", 20, 4.7, (2.7, 2.0)),
        ("DE", 19, 3.2, (1.9, 1.4)),
        ("US-TEX-ERCO", 30, 15.4, (7.3, 5.0)),
        ("US-TEX-ERCO", 22, 9.6, (5.3, 3.8)),
        ("US-TEX-ERCO", 20, 7.2, (4.1, 3.0)),
        ("US-TEX-ERCO", 19, 6.0, (3.5, 2.6)),
    ],
)
@public.needed
def test_on_a_busy_cluster_against_first_come(
    zone: str, units: int, percent: float, whole_cluster: tuple[float, float]
) -> None:
    """At 75 % use and below the yardstick's figures; above, up to 1.2 points more than those.

    There the yardstick allows late jobs a little less than first-come needed; a bound that
    allows more is the harder one to come near.
    """
    for idle, expected in zip((0.35, 0.5), whole_cluster, strict=True):
        scene = public.scene(zone, pool=Pool(units, idle_share=idle))
        schedule = first_come(scene)
        baseline = score(scene, schedule)
        until = last_moment(scene, baseline)
        found = bound(scene, baseline)
        without = score(scene, schedule, until=until).all
        best = score(scene, found.schedule, until=until).all
        more = 0.11 if units > 20 else 1.2
        assert -0.06 <= saved(found.value, without.carbon_kg) - percent <= more
        assert without.cluster_carbon_kg is not None
        assert best.cluster_carbon_kg is not None
        of_all = saved(best.cluster_carbon_kg, without.cluster_carbon_kg)
        assert -0.06 <= of_all - expected <= more


@public.needed
def test_two_clusters_and_one_over_twelve_months() -> None:
    """Against run at once in DE; which half of the jobs moves is a coin's choice."""
    alone, both, without = 0.0, 0.0, 0.0
    for hour in STARTS:
        hours = min(720, 8760 - hour)
        one = public.scene("DE", hour, hours, Pool(45))
        two = public.scene("DE", hour, hours, Pool(45), second=("FR", Pool(25)))
        without += at_once(one).carbon_kg
        alone += bound(one).value
        both += bound(two).value
    assert saved(alone, without) == pytest.approx(15.3, abs=0.6)
    assert saved(both, without) == pytest.approx(47.0, abs=1.5)


# Carbon and price


@public.needed
def test_price_alone_emits_more_in_california_and_a_blend_saves_both() -> None:
    figures = {zone: carbon_against_price(zone) for zone in ("US-CAL-CISO", "US-TEX-ERCO")}
    dearest = figures["US-CAL-CISO"]["price"][0]
    assert dearest == pytest.approx(-1.2, abs=0.5)
    emitted, paid = figures["US-TEX-ERCO"]["blend"]
    assert emitted == pytest.approx(11.3, abs=0.5)
    assert paid == pytest.approx(42.5, abs=0.5)
    for found in figures.values():
        assert 0.85 <= found["blend"][0] / found["carbon"][0] <= 0.97


def carbon_against_price(zone: str) -> dict[str, tuple[float, float]]:
    """By objective, percent of carbon and of cost saved over twelve months."""
    total = {name: np.zeros(2) for name in ("at once", "carbon", "price", "blend")}
    for hour in STARTS:
        scene = public.scene(zone, hour, min(720, 8760 - hour), priced=True)
        aims = {"carbon": carbon(scene), "price": price(scene), "blend": blend(scene, 0.5)}
        schedules = {name: bound(scene, objective=aim).schedule for name, aim in aims.items()}
        for name, schedule in {"at once": run_at_once(scene), **schedules}.items():
            tally = score(scene, schedule).all
            total[name] += (tally.carbon_kg, tally.energy_cost or 0.0)
    at_once = total.pop("at once")
    return {name: tuple(100 * (1 - found / at_once)) for name, found in total.items()}
