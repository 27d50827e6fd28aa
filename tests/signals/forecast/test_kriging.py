"""Kriging finds the law of a process from four weeks of it, and asks for nothing else."""

import numpy as np
import pytest

from slurm_energy.signals.forecast.hours import Values
from slurm_energy.signals.forecast.kriging import AHEAD, kriging

DAYS = 27
LASTS = 0.92
"""Share of a departure that is left an hour later."""


def gusts(seed: int) -> Values:
    """Departures of a wind that lasts for half a day, shape (days, 24)."""
    shocks = np.random.default_rng(seed).normal(size=DAYS * 24)
    found = np.zeros(DAYS * 24)
    for hour in range(1, len(found)):
        found[hour] = LASTS * found[hour - 1] + shocks[hour]
    return found.reshape(DAYS, 24)


def at(hour: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([hour])


def test_what_is_left_of_a_gust_fades_as_the_process_does() -> None:
    only_now = np.eye(1, 24)
    left = [kriging(gusts(seed)).left(only_now, at(15))[0] for seed in range(12)]
    mean = np.mean(left, axis=0)
    assert mean.shape == (AHEAD,)
    assert mean[0] == pytest.approx(LASTS, abs=0.06)
    assert mean[5] == pytest.approx(LASTS**6, abs=0.12)
    assert abs(mean[-1]) < 0.1


def test_a_gust_counts_by_what_is_usual_at_its_hour() -> None:
    departures = gusts(1)
    departures[:, 12:] *= 3
    learned = kriging(departures)
    assert learned.deviation[12:].mean() > 2 * learned.deviation[:12].mean()
    by_night, by_day = learned.left(np.full((2, 24), 1.0), np.array([4, 16]))
    assert by_night[0] == pytest.approx(LASTS, abs=0.15)
    assert by_day[8] < 0.6 * by_day[5]  # at 1 h a departure is usually smaller than at 22 h


def test_no_departure_leaves_none_and_twice_as_much_leaves_twice() -> None:
    learned = kriging(gusts(2))
    day = gusts(3)[:1, ::-1]
    assert not learned.left(np.zeros((1, 24)), at(3)).any()
    assert learned.left(2 * day, at(3)) == pytest.approx(2 * learned.left(day, at(3)))


def test_unknown_hours_and_an_hour_that_never_departs_are_borne() -> None:
    departures = gusts(4)
    departures[3:9, 5:20] = np.nan
    departures[:, 1:4] = 0.0
    learned = kriging(departures)
    assert np.isfinite(learned.weights).all()
    assert min(learned.deviation) > 0
    assert learned.left(np.eye(1, 24), at(15))[0, 0] == pytest.approx(LASTS, abs=0.15)
