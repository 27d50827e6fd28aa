"""A score tells carbon, cost, power, delay and promises of any schedule."""

from dataclasses import replace

import numpy as np
import pytest

from slurm_energy.errors import InputError, SeriesError
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.series import Signal
from slurm_energy.simulate.scene import Nodes, Pool, PowerDown, Site
from slurm_energy.simulate.schedule import NodeOff
from slurm_energy.simulate.score import Score, late_through_us, score
from tests.simulate.small import HOUR, a_job, a_scene, a_schedule, hourly


def test_carbon_is_power_times_intensity_over_the_whole_run() -> None:
    scene = a_scene([a_job(run=2 * HOUR)], hourly(100, 200, 400, 0))
    found = score(scene, a_schedule((1, 1800, 9000))).all
    # half an hour at 100, one at 200, half at 400 g/kWh, one kW
    assert found.carbon_kg == pytest.approx(0.450)
    assert found.energy_kwh == pytest.approx(2.0)


def test_cost_is_power_times_price_per_mwh_and_unknown_without_a_price() -> None:
    carbon, price = hourly(1, 1), hourly(30, 50, signal=Signal.PRICE)
    priced = a_scene([a_job()], carbon, price=price)
    assert score(priced, a_schedule((1, 1800, 5400))).all.energy_cost == pytest.approx(0.040)
    assert score(a_scene([a_job()], carbon), a_schedule((1, 0, HOUR))).all.energy_cost is None


def test_a_price_may_be_negative() -> None:
    scene = a_scene([a_job()], hourly(1), price=hourly(-20, signal=Signal.PRICE))
    assert score(scene, a_schedule((1, 0, HOUR))).all.energy_cost == pytest.approx(-0.020)


def test_idle_units_count_for_the_cluster_and_not_for_the_job() -> None:
    scene = a_scene([a_job()], hourly(100, 300), Pool(10, idle_share=0.35))
    found = score(scene, a_schedule((1, HOUR, 2 * HOUR))).all
    assert found.carbon_kg == pytest.approx(0.300)
    # ten units idle at 0.35 kW for both hours, one of them at 1 kW in the second
    assert found.cluster_carbon_kg == pytest.approx(0.350 + 1.050 + 0.65 * 0.300)
    assert found.peak_kw == pytest.approx(3.5 + 0.65)


def test_nodes_draw_base_and_gpu_watts_and_less_while_dark() -> None:
    down = PowerDown(after=600, boot=600, boot_watts=900, off_watts=20)
    nodes = Nodes(2, 4, 64, 400, idle_gpu_watts=50, active_gpu_watts=450, power_down=down)
    scene = a_scene([a_job(gpus=2)], hourly(100, 100), nodes)
    schedule = a_schedule((1, 0, HOUR), units=2)
    awake = score(scene, schedule).all
    # two of the node's four GPUs, and half of its base
    assert awake.carbon_kg == pytest.approx(0.100 * (0.9 + 0.2))
    # two nodes of 600 W for two hours, two GPUs of 400 W more for one
    assert awake.cluster_carbon_kg == pytest.approx(0.100 * (2.4 + 0.8))
    dark = [NodeOff(0, 1, off=HOUR // 2, boot=HOUR, up=HOUR + 600)]
    found = score(scene, schedule, dark).all
    # half an hour at 20 W and ten minutes at 900 W instead of 600
    assert found.cluster_carbon_kg == pytest.approx(0.100 * (2.4 + 0.8 - 0.29 + 0.05))


def test_idle_power_counts_until_the_moment_that_is_told() -> None:
    down = PowerDown(after=600, boot=600, boot_watts=900, off_watts=0)
    scene = a_scene([a_job()], hourly(100, 100), Nodes(1, 1, 1, power_down=down))
    schedule, dark = a_schedule((1, 0, HOUR)), [NodeOff(0, 0, HOUR, 2 * HOUR, 2 * HOUR)]
    whole, short = score(scene, schedule).all, score(scene, schedule, until=HOUR).all
    assert whole.cluster_carbon_kg == pytest.approx(0.046 * 2 + 0.034)
    assert short.cluster_carbon_kg == pytest.approx(0.046 + 0.034)
    assert score(scene, schedule, dark, HOUR).all == short


def test_delay_is_what_is_neither_run_time_nor_before_submission() -> None:
    scene = a_scene([a_job(submit=600, interruptible=True)], hourly(1, 1, 1))
    # half, a pause of an hour, and the other half with ten minutes of restart
    found = score(scene, a_schedule((1, 600, 2400), (1, 6000, 8400))).all
    assert found.mean_delay_hours == pytest.approx((8400 - 600 - HOUR) / HOUR)


def test_a_job_is_late_beyond_its_longest_delay_or_its_deadline() -> None:
    jobs = [a_job(max_delay=600), replace(a_job(max_delay=7200), deadline=HOUR + 900)]
    scene = a_scene(jobs, hourly(1, 1))
    in_time = score(scene, a_schedule((1, 600, 4200), (2, 900, 4500)))
    too_late = score(scene, a_schedule((1, 601, 4201), (2, 901, 4501)))
    assert in_time.all.deadline_misses == 0
    assert too_late.all.deadline_misses == 2
    assert late_through_us(too_late, in_time).tolist() == [True, True]
    assert late_through_us(too_late, too_late).tolist() == [False, False]


def test_nothing_was_promised_to_an_unmanaged_job() -> None:
    jobs = [a_job(workload_class=None, max_delay=None), a_job(workload_class=None, max_delay=0)]
    scene = a_scene(jobs, hourly(*[1] * 50))
    rows = [(1, 48 * HOUR, 49 * HOUR), (2, 48 * HOUR, 49 * HOUR)]
    assert score(scene, a_schedule(*rows)).all.deadline_misses == 0


def test_figures_by_class_add_up() -> None:
    jobs = [a_job(), a_job(workload_class=WorkloadClass.EVALUATION), a_job()]
    scene = a_scene(jobs, hourly(100, 200))
    found = score(scene, a_schedule((1, 0, HOUR), (2, 0, HOUR), (3, HOUR, 2 * HOUR)))
    assert list(found.by_class) == ["evaluation", "training"]
    parts = found.by_class.values()
    assert found.all.jobs == sum(part.jobs for part in parts) == 3
    assert found.all.carbon_kg == pytest.approx(sum(part.carbon_kg for part in parts))
    assert found.by_class["training"].mean_delay_hours == 0.5
    assert found.by_class["training"].peak_kw == 1.0
    assert found.all.peak_kw == 2.0


def test_each_site_has_its_own_grid() -> None:
    second = Site("there", Pool(None), hourly(10, 10))
    scene = a_scene([a_job()], hourly(100, 100), second=second)
    assert score(scene, a_schedule((1, 0, HOUR), site=1)).all.carbon_kg == pytest.approx(0.010)


def test_every_task_of_an_array_runs_and_the_last_one_counts() -> None:
    scene = a_scene([replace(a_job(), tasks=2)], hourly(1, 1, 1))
    both = replace(a_schedule((1, 0, HOUR), (1, 1800, 5400)), task=np.array([0, 1]))
    assert score(scene, both).all.mean_delay_hours == 0.5


def test_units_that_idle_while_jobs_wait_are_counted() -> None:
    scene = a_scene([a_job(gpus=1), a_job(gpus=3)], hourly(1, 1, 1), Pool(4))
    schedule = replace(a_schedule((1, 0, HOUR), (2, 2 * HOUR, 3 * HOUR)), units=np.array([1, 3]))
    # first hour: three idle and three waited for; second: four idle, three waited for
    assert score(scene, schedule).all.gpu_hours_idle_while_deferred == pytest.approx(6.0)


def test_without_a_limit_nobody_asks_what_idled() -> None:
    scene = a_scene([a_job()], hourly(1, 1))
    assert score(scene, a_schedule((1, 0, HOUR))).all.gpu_hours_idle_while_deferred is None


def test_a_job_that_did_not_run_to_its_end_is_refused_by_number() -> None:
    scene = a_scene([a_job(), a_job()], hourly(1, 1))
    with pytest.raises(InputError, match=r"job 2 ran 0 s of 3600 s"):
        score(scene, a_schedule((1, 0, HOUR)))


def test_a_job_that_is_not_in_the_scene_is_refused() -> None:
    with pytest.raises(InputError, match="job 7, which the scene does not have"):
        score(a_scene([a_job()], hourly(1)), a_schedule((1, 0, HOUR), (7, 0, HOUR)))


def test_a_run_outside_the_signal_is_refused() -> None:
    with pytest.raises(SeriesError, match="covers 0 to 3600"):
        score(a_scene([a_job()], hourly(1)), a_schedule((1, 1800, 5400)))


def test_an_empty_scene_scores_nothing() -> None:
    found: Score = score(a_scene([], hourly(1)), a_schedule())
    assert (found.all.jobs, found.all.carbon_kg, found.all.peak_kw) == (0, 0.0, 0.0)
    assert found.by_class == {}
