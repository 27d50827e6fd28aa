"""What every forecaster promises: honest about the future, exact where the signal is regular."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slurm_energy.errors import SeriesError
from slurm_energy.model.series import Series, Signal
from slurm_energy.signals.forecast.hours import Forecaster
from slurm_energy.signals.forecast.learned import Learned
from slurm_energy.signals.forecast.naive import week, yesterday
from slurm_energy.signals.forecast.threshold import Threshold
from slurm_energy.signals.forecast.tournament import Tournament
from tests.signals.forecast.builders import DAY, HOUR, MONDAY, NOW, cut, daily, history, windy

UNTIL = NOW + 2 * DAY
PRESENT = NOW - NOW % HOUR


def makers() -> list[Forecaster]:
    return [yesterday(), week(), Learned(), Threshold(), Tournament()]


def each(*forecasters: Forecaster) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("forecaster", forecasters, ids=lambda one: one.name)


EVERY = each(*makers())
CYCLIC = each(yesterday(), week(), Learned())


@EVERY
def test_hours_from_the_present_one_to_the_end_each_with_a_spread(forecaster: Forecaster) -> None:
    wind = windy(1)
    told = forecaster(history(wind.__getitem__), NOW, UNTIL)
    assert told.times == tuple(range(PRESENT, UNTIL, HOUR))
    assert told.end >= UNTIL > told.times[-1]
    assert len(told.values) == len(told.spread) == len(told.times)
    assert told.values[0] == wind[(PRESENT - MONDAY) // HOUR]
    assert told.spread[0] == 0
    assert min(told.spread[1:]) > 0
    assert (told.issued, told.signal) == (NOW, Signal.CARBON)
    assert told.source.startswith("made, ")


@given(seed=st.integers(0, 50), ahead=st.lists(st.floats(0, 900), min_size=1, max_size=40))
@settings(max_examples=5, deadline=None)
def test_the_future_changes_nothing(seed: int, ahead: list[float]) -> None:
    wind = windy(seed)
    series = history(wind.__getitem__)
    known = cut(series, NOW)
    altered = replace(
        known,
        times=known.times + tuple(known.end + 900 * index for index in range(len(ahead))),
        values=known.values + tuple(ahead),
        end=known.end + 900 * len(ahead),
    )
    for one, other, third in zip(makers(), makers(), makers(), strict=True):
        told = one(known, NOW, UNTIL)
        assert told == other(altered, NOW, UNTIL) == third(series, NOW, UNTIL)


@EVERY
@given(value=st.floats(0, 900))
@settings(max_examples=10, deadline=None)
def test_a_constant_stays_constant(forecaster: Forecaster, value: float) -> None:
    told = forecaster(history(lambda _: value), NOW, UNTIL)
    assert told.values == pytest.approx([value] * len(told.values))
    assert told.spread == pytest.approx([0.0] * len(told.spread), abs=1e-6)


@CYCLIC
def test_a_day_that_repeats_is_reproduced(forecaster: Forecaster) -> None:
    told = forecaster(history(daily), NOW, UNTIL)
    first = (PRESENT - MONDAY) // HOUR
    assert told.values == pytest.approx([daily(first + lead) for lead in range(len(told.values))])


@EVERY
def test_no_value_lies_beyond_what_was_seen(forecaster: Forecaster) -> None:
    ramp = history(lambda hour: 100.0 + hour)
    told = forecaster(ramp, NOW, UNTIL)
    assert max(told.values) <= told.values[0]
    assert min(told.values) >= told.values[0] - 29 * 24


@each(*(one for one in makers() if not isinstance(one, Tournament)))
def test_the_same_history_gives_the_same_bytes_whatever_was_asked_before(
    forecaster: Forecaster,
) -> None:
    """All but the tournament, which remembers by design how its sources did."""
    series, other = history(windy(2).__getitem__), history(windy(3).__getitem__)
    before = forecaster(series, NOW, UNTIL)
    for hours in range(0, 72, 5):
        forecaster(other, NOW - hours * HOUR, UNTIL)
    assert forecaster(series, NOW, UNTIL) == before


@EVERY
def test_it_needs_one_known_hour(forecaster: Forecaster) -> None:
    with pytest.raises(SeriesError, match="made: nothing known in the"):
        forecaster(history(daily, days=3), MONDAY + 60 * DAY, MONDAY + 61 * DAY)


@pytest.mark.parametrize(
    ("days", "label"),
    [
        (0.5, "as now"),
        (1.2, "as yesterday"),
        (3.0, "mean of the same hour over 3 days"),
        (20.0, "learned from 20 days"),
    ],
)
def test_short_history_falls_back_and_says_so(days: float, label: str) -> None:
    series = history(windy(4).__getitem__, days=days)
    now = series.end - 1
    assert Learned()(series, now, now + DAY).source == f"made, {label}"


def test_last_week_is_the_mean_of_seven_days() -> None:
    rising = history(lambda hour: 100.0 + hour // 24)
    told = week()(rising, NOW, UNTIL)
    tomorrow = NOW + DAY - 2 * HOUR
    assert told.at(tomorrow) == 100 + 35 - 3
    assert yesterday()(rising, NOW, UNTIL).at(tomorrow) == 100 + 35


def test_a_history_that_ends_before_now_is_continued_from_its_last_hour() -> None:
    wind = history(windy(5).__getitem__)
    late = cut(wind, NOW - 5 * HOUR)
    told = Learned()(late, NOW, UNTIL)
    assert told.times[0] == PRESENT - 5 * HOUR
    assert told.values == Learned()(wind, NOW - 5 * HOUR, UNTIL).values
    assert (told.issued, told.at(NOW) is None) == (NOW, False)


def test_a_finer_signal_is_told_by_the_hour() -> None:
    fine = history(lambda step: 200.0 + 10 * (step % 4), step=900)
    told = Learned()(fine, PRESENT + 3599, UNTIL)
    assert told.values[1:] == pytest.approx([215.0] * (len(told.values) - 1))


def test_wind_is_ranked_better_by_what_was_learned() -> None:
    def missed(forecaster: Forecaster) -> float:
        total = 0.0
        for seed in range(4):
            wind = windy(seed)
            told = forecaster(history(wind.__getitem__), NOW, NOW + 12 * HOUR)
            truth = wind[(PRESENT - MONDAY) // HOUR :]
            total += sum(abs(a - b) for a, b in zip(told.values, truth, strict=False))
        return total

    assert missed(Learned()) < missed(week()) < missed(yesterday())


def test_spread_grows_with_the_time_ahead() -> None:
    told = Learned()(history(windy(6).__getitem__), NOW, UNTIL)
    assert list(told.spread) == sorted(told.spread)
    assert told.spread[1] < 0.6 * told.spread[24]


def test_a_threshold_falls_with_the_time_one_may_wait() -> None:
    told = Threshold()(history(windy(7).__getitem__), NOW, UNTIL)
    ahead = told.values[1:]
    assert list(ahead) == sorted(ahead, reverse=True)
    week_before: Series = history(windy(7).__getitem__)
    first = (PRESENT - MONDAY) // HOUR
    last = sorted(week_before.values[first - 167 : first + 1])
    assert ahead[0] == pytest.approx(sum(last) / len(last))
    assert last[40] < ahead[24] < last[75]
