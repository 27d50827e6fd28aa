"""What a simulated daemon is told of the grid."""

import random
from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import given

from slurm_energy.errors import SeriesError
from slurm_energy.model.series import ClusterSignals, Series, Signal
from slurm_energy.signals.forecast.naive import yesterday
from slurm_energy.signals.forecast.tournament import Tournament
from slurm_energy.simulate.scene import Pool, Site
from slurm_energy.simulate.sight import HISTORY, Shown, forecast, foresight
from tests.builders import HOUR, MINUTE, some
from tests.simulate.plays import DAY, START, make_grid

GRID = make_grid([float(value) for value in range(1, 26)], days=60)
"""A cycle of 25 hours: no two days are alike."""
EAST = (Site("east", Pool(None), GRID),)


def told(source: Shown, now: int) -> Series:
    return some(source.read(now)["east"].carbon)


@given(after=st.integers(0, 50 * DAY))
def test_foresight_is_the_truth_as_far_as_it_reaches(after: int) -> None:
    now = START + after
    shown = told(foresight(EAST, 2 * DAY), now)
    for moment in (now, now + HOUR, now + 2 * DAY - 1):
        assert shown.at(moment) == GRID.at(moment)
    assert shown.at(now + 2 * DAY) is None
    assert shown.issued == now


def test_it_shows_four_weeks_of_past_and_no_more() -> None:
    now = START + 40 * DAY
    shown = told(foresight(EAST, DAY), now)
    assert shown.times[0] == now - HISTORY


def test_nothing_is_made_up_beyond_the_end_of_the_data() -> None:
    shown = told(foresight(EAST, 9 * DAY), GRID.end - HOUR)
    assert (shown.end, shown.at(GRID.end)) == (GRID.end, None)


def test_the_answer_is_the_same_object_until_a_signal_may_change() -> None:
    source = foresight(EAST, DAY)
    before = source.read(START)
    assert source.read(START + HOUR - 1) is before
    assert source.read(START + HOUR) is not before


@given(after=st.integers(0, 50 * DAY))
def test_a_forecaster_sees_nothing_beyond_the_present_step(after: int) -> None:
    now = START + after
    seen: list[Series] = []

    def listening(history: Series, now: int, until: int) -> Series:
        seen.append(history)
        return yesterday()(history, now, until)

    shown = told(forecast(EAST, 2 * DAY, lambda: listening), now)
    (history,) = seen
    present = now - now % HOUR
    assert (history.times[-1], history.end) == (present, present + HOUR)
    assert shown.at(now) == GRID.at(now)
    assert shown.at(present + HOUR) == GRID.at(present - 23 * HOUR)


def test_a_forecast_does_not_change_with_the_future() -> None:
    now = START + 9 * DAY + 10 * MINUTE
    other = replace(
        GRID,
        values=tuple(
            value if time <= now else -value
            for time, value in zip(GRID.times, GRID.values, strict=True)
        ),
    )
    sites = (replace(EAST[0], carbon=other),)
    assert told(forecast(EAST, DAY, yesterday), now) == told(forecast(sites, DAY, yesterday), now)


def test_a_forecasts_spread_stands_beside_its_values() -> None:
    shown = told(forecast(EAST, DAY, yesterday), START)
    assert len(shown.spread) == len(shown.values)
    assert set(shown.spread[: shown.times.index(START)]) == {0.0}


def test_a_site_without_a_price_has_none() -> None:
    assert foresight(EAST, DAY).read(START)["east"].price is None


def test_what_can_not_be_forecast_is_missing_with_the_reason() -> None:
    def no_idea(history: Series, now: int, until: int) -> Series:  # noqa: ARG001
        raise SeriesError("too little history")

    known = forecast(EAST, DAY, lambda: no_idea).read(START)["east"]
    assert known == ClusterSignals(None, None, ("too little history",))


def test_each_signal_is_told_by_who_ranks_it_best_and_by_a_threshold_where_nobody_does() -> None:
    chance = random.Random(7)  # noqa: S311 - a grid without any order, not a secret
    daily = make_grid([abs(hour - 13.0) for hour in range(24)])
    chaos = make_grid([chance.random() for _ in range(32 * 24)], signal=Signal.PRICE)
    source = forecast((Site("east", Pool(None), daily, chaos),), DAY, Tournament)
    for now in range(START, START + 20 * DAY, HOUR):
        source.read(now)
    assert source.spoke["east"]["carbon"] == {"learned": 20 * 24}
    price = source.spoke["east"]["price"]
    assert price["threshold"] > 24
    assert sum(price.values()) == 20 * 24


@pytest.mark.parametrize("after", [0, 13 * MINUTE])
def test_two_sites_with_steps_of_their_own_are_both_kept_up_to_date(after: int) -> None:
    times = tuple(range(GRID.times[0], GRID.end, 5 * MINUTE))
    fine = replace(GRID, times=times, values=tuple(float(time % 7) for time in times))
    sites = (*EAST, Site("west", Pool(None), fine))
    source = foresight(sites, DAY)
    for now in range(START + after, START + 2 * HOUR, MINUTE):
        west = some(source.read(now)["west"].carbon)
        assert west.at(now) == fine.at(now)
        assert some(west.at(now + HOUR)) == fine.at(now + HOUR)
