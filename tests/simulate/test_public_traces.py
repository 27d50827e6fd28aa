"""The public traces and grids read as their sources say."""

import pytest

from slurm_energy.simulate.options import slack_of, start_of
from slurm_energy.simulate.place import Terms, place
from slurm_energy.simulate.scene import Pool, Site
from slurm_energy.simulate.signals import carbon_column, price_column
from slurm_energy.simulate.traces.csvtrace import TimeUnit
from slurm_energy.simulate.traces.read import read
from tests.publicdata import DATA, GRIDS, marks

CARBON, PRICE = GRIDS, DATA / "price" / "2022_hourly.csv"
pytestmark = marks


def test_a_week_of_jobs_fits_the_yardsticks_period_whole() -> None:
    trace = read(DATA / "jobs" / "pai_1k.csv")
    grid = Site("AU-SA", Pool(None), carbon_column(CARBON, "AU-SA"))
    start = start_of("2022-10-19T16:00Z")
    assert start == grid.carbon.times[7000]
    scene = place(trace, (grid,), start, 720, Terms(slack_of("short=6h,long=24h")))
    assert (len(scene.jobs), scene.left_out, scene.too_wide) == (1000, 0, 0)
    assert sum(job.gpus * job.run for job in scene.jobs) / 3600 == pytest.approx(3192.58, abs=0.01)
    assert sum(job.partition == "short" for job in scene.jobs) == 715


def test_a_year_of_jobs_is_in_hours() -> None:
    trace = read(DATA / "jobs" / "pai-100k.csv", unit=TimeUnit.HOURS)
    assert len(trace.jobs) == 99_998
    assert max(job.gpus for job in trace.jobs) == 400
    hours = sum(job.gpus * job.run for job in trace.jobs) / 3600
    assert hours / 8760 == pytest.approx(115, abs=1)


def test_each_zone_covers_the_year_and_prices_fall_below_zero() -> None:
    for zone in ("AU-SA", "DE", "FR", "GB", "US-CAL-CISO", "US-TEX-ERCO"):
        assert len(carbon_column(CARBON, zone).times) == 8760
    assert min(price_column(PRICE, "DE").values) < 0
