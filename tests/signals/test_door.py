"""The door: what comes out is ordered, in the signal's unit, and was really told."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.errors import SeriesError
from slurm_energy.model.series import Kind, Signal
from slurm_energy.signals.door import admit
from slurm_energy.signals.offer import About, Offer, Point
from slurm_energy.signals.reading import Reading
from tests.builders import some
from tests.signals.builders import NOON

HOUR = 3600
GRID = About("maker DE", Signal.CARBON, HOUR, Kind.AVERAGE)
MARKET = About("maker DE", Signal.PRICE, HOUR)


def points(*values: float | None, start: int = NOON, step: int = HOUR) -> Sequence[Point]:
    return [
        Point(start + step * index, value, f"data[{index}]") for index, value in enumerate(values)
    ]


def admitted(
    *found: Point, unit: str = "gCO2eq/kWh", about: About = GRID, now: int = NOON
) -> Reading:
    return admit(Offer(unit, now, found), about, "EUR", now)


def test_an_answer_becomes_a_series_of_its_provider() -> None:
    reading = admitted(*points(300, 290, 310))
    series = some(reading.series)
    assert list(series.times) == [NOON, NOON + HOUR, NOON + 2 * HOUR]
    assert list(series.values) == [300, 290, 310]
    assert (series.end, series.issued) == (NOON + 3 * HOUR, NOON)
    assert (series.source, series.kind) == ("maker DE", Kind.AVERAGE)
    assert reading.problems == ()


def test_units_are_converted_and_others_refused() -> None:
    (value,) = some(admitted(*points(1000), unit="lbCO2/MWh").series).values
    assert value == pytest.approx(453.59237)
    with pytest.raises(SeriesError, match="unit 'percent'"):
        admitted(*points(1000), unit="percent")
    with pytest.raises(SeriesError, match="counts in EUR"):
        admitted(*points(50), unit="USD/MWh", about=MARKET)


@pytest.mark.parametrize("value", [-1.0, 1e6, float("nan"), float("inf")])
def test_an_absurd_value_refuses_the_answer_and_is_named_with_its_field(value: float) -> None:
    with pytest.raises(SeriesError, match=r"data\[1\] .*allowed 0 to 3000"):
        admitted(*points(300, value, 310))


def test_a_negative_price_is_a_price() -> None:
    assert some(admitted(*points(-12.5), unit="EUR/MWh", about=MARKET).series).values == (-12.5,)


def test_a_time_without_offset_is_refused() -> None:
    naive = datetime(2026, 3, 1, 12)  # noqa: DTZ001 - what this is about
    with pytest.raises(SeriesError, match=r"data\[0\] at 2026-03-01T12:00:00: a time without"):
        admitted(Point(naive, 300, "data[0]"))


def test_milliseconds_are_refused() -> None:
    with pytest.raises(SeriesError, match="milliseconds"):
        admitted(Point(NOON * 1000, 300, "data[0]"))


def test_of_two_issues_of_one_moment_the_later_counts_whatever_their_order() -> None:
    old, new = Point(NOON, 300, "a", issued=NOON - 60), Point(NOON, 310, "b", issued=NOON)
    assert some(admitted(old, new).series).values == (310,)
    assert some(admitted(new, old).series).values == (310,)


def test_two_values_of_one_issue_and_moment_are_refused_equal_ones_are_one() -> None:
    with pytest.raises(SeriesError, match="b 310 and a 300: two values of "):
        admitted(Point(NOON, 300, "a"), Point(NOON, 310, "b"))
    assert some(admitted(Point(NOON, 300, "a"), Point(NOON, 300, "b")).series).values == (300,)


def test_a_gap_of_the_past_stays_a_gap_one_of_the_future_ends_the_series() -> None:
    reading = admitted(*points(280, None, 300, 310, None, 290), now=NOON + 2 * HOUR)
    series = some(reading.series)
    told = [series.at(NOON + hour * HOUR) for hour in range(6)]
    assert told == [280, None, 300, 310, None, None]
    (problem,) = reading.problems
    assert "a gap from " in problem
    assert problem.endswith("1 values behind it are not used")


def test_what_an_answer_lacks_is_told_and_the_rest_is_used() -> None:
    offer = Offer("gCO2eq/kWh", NOON, points(300), notes=("no forecast in this plan",))
    reading = admit(offer, GRID, "EUR", NOON)
    assert some(reading.series).at(NOON) == 300
    assert reading.problems == ("maker DE: no forecast in this plan",)


def test_now_in_a_gap_leaves_what_ended_before_it() -> None:
    series = some(admitted(*points(280, 290, None, 300), now=NOON + 2 * HOUR + 60).series)
    assert (series.values, series.end) == ((280, 290), NOON + 2 * HOUR)


def test_an_answer_without_values_or_only_of_the_future_is_refused() -> None:
    with pytest.raises(SeriesError, match="an answer without values"):
        admitted(*points(None, None))
    with pytest.raises(SeriesError, match="nothing before"):
        admitted(*points(300), now=NOON - 1)


@pytest.mark.parametrize("day", [datetime(2026, 3, 29), datetime(2026, 10, 25)])  # noqa: DTZ001
def test_days_of_23_and_25_hours_are_whole(day: datetime) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    first = day.replace(tzinfo=berlin).astimezone(UTC)
    last = (day + timedelta(days=1)).replace(tzinfo=berlin).astimezone(UTC)
    hours = round((last - first).total_seconds() / HOUR)
    told = [
        Point((first + timedelta(hours=hour)).astimezone(berlin), 300 + hour, f"data[{hour}]")
        for hour in range(hours)
    ]
    series = some(admitted(*told, now=int(first.timestamp())).series)
    assert len(series.times) == hours in (23, 25)
    assert series.end == int(last.timestamp())


MOMENTS = st.integers(NOON - 40 * HOUR, NOON + 40 * HOUR)
VALUES = st.none() | st.floats(0, 3000)
ABSURD = st.sampled_from([-0.5, 3001.0, 1e6, math.nan, math.inf, -math.inf])
ARBITRARY = st.lists(
    st.builds(
        Point, time=MOMENTS, value=VALUES, field=st.just("x"), issued=st.none() | st.integers(0, 9)
    ),
    max_size=30,
)


@given(ARBITRARY)
def test_whatever_is_told_what_comes_out_is_ordered_bounded_and_was_told(
    told: Sequence[Point],
) -> None:
    try:
        series = some(admitted(*told).series)
    except SeriesError:
        return
    assert list(series.times) == sorted(set(series.times))
    assert all(0 <= value <= 3000 for value in series.values)
    assert series.times[0] <= NOON
    assert {(time, value) for time, value in zip(series.times, series.values, strict=True)} <= {
        (one.time, one.value) for one in told
    }
    for time in series.times:
        assert series.at(time) is not None
    for index, time in enumerate(series.times):
        assert series.holds_until(index) - time <= HOUR, "no value outlives its step"


@given(ARBITRARY, st.integers(0), MOMENTS, ABSURD)
def test_one_absurd_value_anywhere_refuses_the_answer(
    told: Sequence[Point], place: int, time: int, value: float
) -> None:
    position = place % (len(told) + 1)
    absurd = Point(time, value, "absurd here")
    with pytest.raises(SeriesError, match="absurd here"):
        admitted(*told[:position], absurd, *told[position:])
