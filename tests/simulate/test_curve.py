"""The clairvoyant frontier rises from nothing to the one-block optimum."""

from itertools import pairwise

import pytest

from slurm_energy.simulate.curve import Spot, one_block_curve
from slurm_energy.simulate.judge import Played
from slurm_energy.simulate.published import run_at_once
from tests import publicdata
from tests.simulate import public
from tests.simulate.plainqueue import judged
from tests.simulate.small import HOUR, a_job, a_scene, hourly


def test_more_delay_never_saves_less_and_its_end_is_the_optimum() -> None:
    jobs = [a_job(submit=index * 1800, max_delay=4 * HOUR) for index in range(8)]
    scene = a_scene(jobs, hourly(*(400, 350, 380, 200, 90, 300, 120, 80) * 2))
    whole = judged(scene, Played(run_at_once(scene)))
    spots = one_block_curve(whole)
    assert spots[0] == Spot(0.0, 0.0)
    for one, other in pairwise(spots):
        assert one.mean_delay_hours <= other.mean_delay_hours
        assert one.carbon_saved_percent <= other.carbon_saved_percent
    best = 100 * (1 - whole.one_block.all.carbon_kg / whole.baseline.all.carbon_kg)
    assert spots[-1].carbon_saved_percent == pytest.approx(best)
    assert 0 < spots[len(spots) // 2].carbon_saved_percent < best


@publicdata.needed
def test_it_passes_the_yardsticks() -> None:
    """2 h of mean delay save 31.0 %, 4 h 37.3 %, by exact optima between which lines are drawn."""
    scene = public.scene("AU-SA")
    spots = one_block_curve(judged(scene, Played(run_at_once(scene))))
    near = [one for one in spots if 3.5 < one.mean_delay_hours < 4]
    assert [round(one.carbon_saved_percent, 1) for one in near] == [36.9]
    assert spots[-1] == pytest.approx((6.487, 38.803), abs=0.001)
