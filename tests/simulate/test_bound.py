"""The bound is what nobody can beat, and on public data it is the yardsticks' figure."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slurm_energy.errors import InputError
from slurm_energy.simulate.bound import Kind, bound, last_moment
from slurm_energy.simulate.columns import columns
from slurm_energy.simulate.exact import one_block
from slurm_energy.simulate.integral import integral
from slurm_energy.simulate.objective import blend, carbon, price
from slurm_energy.simulate.published import PUBLISHED, run_at_once
from slurm_energy.simulate.scene import Pool, Scene, Site
from slurm_energy.simulate.score import Tally, score
from slurm_energy.simulate.trace import TraceJob
from tests import publicdata
from tests.simulate import public
from tests.simulate.plainqueue import first_come
from tests.simulate.small import HOUR, a_job, a_scene, hourly, runs

STARTS = tuple(168 + 720 * month for month in range(12))


def saved(found: float, baseline: float) -> float:
    """Percent."""
    return 100 * (1 - found / baseline)


def at_once(scene: Scene) -> Tally:
    return score(scene, run_at_once(scene)).all


# Without a limit, exact


@publicdata.needed
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


@publicdata.needed
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
@publicdata.needed
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
@publicdata.needed
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


@publicdata.needed
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


@publicdata.needed
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


# By hand


def test_one_block_starts_where_the_whole_run_is_cheapest() -> None:
    job = a_job(submit=600, run=2 * HOUR, max_delay=3 * HOUR)
    scene = a_scene([job], hourly(5, 5, 1, 3, 9, 9, 9))
    assert runs(one_block(scene, carbon(scene))) == [(1, 2 * HOUR, 4 * HOUR)]


def test_one_block_may_end_at_a_step() -> None:
    job = a_job(run=HOUR // 2, max_delay=2 * HOUR)
    scene = a_scene([job], hourly(1, 9, 9))
    assert runs(one_block(scene, carbon(scene))) == [(1, 0, HOUR // 2)]
    dirty_first = a_scene([a_job(run=HOUR + 600, max_delay=HOUR)], hourly(5, 1, 9, 9))
    assert runs(one_block(dirty_first, carbon(dirty_first))) == [(1, 3000, 2 * HOUR)]


def test_stop_and_resume_takes_the_cheapest_parts() -> None:
    scene = a_scene([a_job(submit=600, run=2 * HOUR, max_delay=2 * HOUR)], hourly(1, 9, 2, 9, 3))
    assert runs(bound(scene).schedule) == [
        (1, 600, HOUR),
        (1, 2 * HOUR, 3 * HOUR),
        (1, 4 * HOUR, 4 * HOUR + 600),
    ]


def test_one_unit_is_had_by_one_job_at_a_time() -> None:
    jobs = [a_job(max_delay=HOUR), a_job(max_delay=HOUR)]
    scene = a_scene(jobs, hourly(300, 100, 500), Pool(1))
    assert bound(scene).value == pytest.approx(0.400)


def test_a_movable_job_runs_at_one_site_at_a_time() -> None:
    job = replace(a_job(run=2 * HOUR, max_delay=0), movable=True)
    there = Site("there", Pool(5), hourly(100, 900, 1))
    scene = a_scene([job], hourly(500, 500, 1), Pool(5), second=there)
    found = bound(scene)
    assert found.value == pytest.approx(0.100 + 0.500)
    assert sorted(found.schedule.site.tolist()) == [0, 1]


def test_a_job_that_may_not_move_stays() -> None:
    there = Site("there", Pool(5), hourly(1, 1))
    scene = a_scene([a_job(max_delay=0)], hourly(500, 500), Pool(5), second=there)
    assert bound(scene).value == pytest.approx(0.500)


def test_what_capacity_does_not_permit_is_said() -> None:
    scene = a_scene([a_job(max_delay=0), a_job(max_delay=0)], hourly(1, 1), Pool(1))
    with pytest.raises(InputError, match="no schedule on 1 units of here"):
        bound(scene)
    assert bound(scene, score(scene, first_come(scene))).value == pytest.approx(0.002)


def test_a_price_is_needed_to_weigh_it() -> None:
    scene = a_scene([a_job()], hourly(1, 1))
    with pytest.raises(InputError, match="site here has no price"):
        price(scene)


# Laws


some_jobs = st.lists(
    st.builds(
        a_job,
        submit=st.integers(0, 10 * HOUR),
        run=st.integers(1, 4 * HOUR),
        gpus=st.integers(1, 3),
        max_delay=st.integers(0, 6 * HOUR),
        interruptible=st.booleans(),
    ),
    min_size=1,
    max_size=8,
)
some_hours = st.lists(st.integers(0, 900), min_size=60, max_size=60)


@given(jobs=some_jobs, intensity=some_hours)
def test_nobody_beats_the_bound_without_a_limit(jobs: list[TraceJob], intensity: list[int]) -> None:
    scene = a_scene(jobs, hourly(*intensity))
    best = bound(scene).value
    whole = one_block(scene, carbon(scene))
    assert best <= score(scene, whole).all.carbon_kg + 1e-9
    for policy in PUBLISHED.values():
        found = score(scene, policy(scene)).all
        assert best <= found.carbon_kg + 1e-9
        assert found.deadline_misses == 0


@given(jobs=some_jobs, intensity=some_hours)
@settings(deadline=None, max_examples=40)
def test_capacity_only_costs_and_first_come_is_no_better(
    jobs: list[TraceJob], intensity: list[int]
) -> None:
    free = a_scene(jobs, hourly(*intensity))
    tight = a_scene(jobs, hourly(*intensity), Pool(3))
    roomy = a_scene(jobs, hourly(*intensity), Pool(100))
    baseline = score(tight, first_come(tight))
    least = bound(free).value
    assert bound(roomy).value == pytest.approx(least, abs=1e-7)
    found = bound(tight, baseline)
    assert found.value <= baseline.all.carbon_kg + 1e-7
    tally = score(tight, found.schedule)
    assert tally.all.carbon_kg == pytest.approx(found.value, abs=1e-3)
    assert not (tally.late & ~baseline.late).any()
