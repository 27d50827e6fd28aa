"""On a year of six grids: what was learned ranks hours better than the weekly mean, and it pays."""

import numpy as np

from slurm_energy.model.series import Series
from slurm_energy.signals.forecast.hours import Forecaster
from slurm_energy.signals.forecast.learned import Learned
from slurm_energy.signals.forecast.naive import week, yesterday
from slurm_energy.signals.forecast.quality import spearman
from tests.publicdata import marks
from tests.signals.forecast.builders import HOUR
from tests.signals.forecast.grids import grids
from tests.signals.forecast.replan import STARTS, share

EVERY = 23
"""Hours between two trials: all hours of the day have their turn."""

WINDY = ("AU-SA", "US-TEX-ERCO", "GB")

pytestmark = marks


def tried(forecaster: Forecaster, truth: Series) -> tuple[float, float]:
    """Mean rank correlation over the next 23 hours, and mean absolute error over the next six."""
    ranks, errors = [], []
    for first in range(28 * 24, len(truth.times) - 24, EVERY):
        now = truth.times[first]
        told = np.array(forecaster(truth, now, now + 24 * HOUR).values[1:])
        true = np.array(truth.values[first + 1 : first + 24])
        ranks.append(spearman(told, true))
        errors.append(np.abs(told - true)[:6].mean())
    return float(np.mean(ranks)), float(np.mean(errors))


def test_learned_beats_the_weekly_mean_which_beats_yesterday() -> None:
    found = {
        zone: [tried(one, truth) for one in (Learned(), week(), yesterday())]
        for zone, truth in grids().items()
    }
    ranks = np.array([[rank for rank, _ in row] for row in found.values()]).mean(axis=0)
    assert ranks[0] > ranks[1] + 0.03 > ranks[2] + 0.06 > 0.5
    for zone in WINDY:
        (_, learned), (_, weekly), (_, daily) = found[zone]
        assert learned < 0.5 * min(weekly, daily), zone


def test_on_wind_grids_a_stopping_rule_keeps_ten_points_more_with_what_was_learned() -> None:
    quarters = STARTS[1::3]
    gain = [share(zone, Learned, quarters) - share(zone, week, quarters) for zone in WINDY]
    assert np.mean(gain) > 0.1
    assert min(gain) > 0
