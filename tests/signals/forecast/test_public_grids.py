"""On a year of six grids: what was learned ranks hours better than the weekly mean, and it pays."""

import os
from csv import reader
from pathlib import Path

import numpy as np
import pytest

from slurm_energy.model.series import Series, Signal
from slurm_energy.signals.forecast.hours import Forecaster
from slurm_energy.signals.forecast.learned import Learned
from slurm_energy.signals.forecast.naive import week, yesterday
from slurm_energy.signals.forecast.quality import spearman
from tests.signals.forecast.builders import HOUR, MONDAY

DATA = Path(
    os.environ.get("SLURM_ENERGY_DATA")
    or Path(__file__).resolve().parents[3].parent / "shared" / "data"
)
EVERY = 23
"""Hours between two trials: all hours of the day have their turn."""

pytestmark = [
    pytest.mark.public_data,
    pytest.mark.skipif(
        not (DATA / "carbon" / "2022_hourly.csv").is_file(),
        reason=f"no public data in {DATA}: name its directory in SLURM_ENERGY_DATA",
    ),
]


def grids() -> dict[str, Series]:
    """Hourly carbon intensity of 2022 by zone; the calendar does not matter here."""
    with (DATA / "carbon" / "2022_hourly.csv").open(encoding="utf-8") as file:
        header, *rows = reader(file)
    times = tuple(MONDAY + HOUR * index for index in range(len(rows)))
    return {
        zone: Series(
            Signal.CARBON,
            times,
            tuple(float(row[column]) for row in rows),
            times[-1] + HOUR,
            times[-1],
            zone,
        )
        for column, zone in enumerate(header)
        if column
    }


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
    for zone in ("AU-SA", "US-TEX-ERCO", "GB"):
        (_, learned), (_, weekly), (_, daily) = found[zone]
        assert learned < 0.5 * min(weekly, daily), zone
