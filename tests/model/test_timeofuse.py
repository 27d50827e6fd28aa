"""Prices by time of use: every second has one, whatever the clocks do."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.model.calendar import DAY, Band, Day
from slurm_energy.model.timeofuse import PricedBand, TimeOfUse

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = 3600
WORKDAYS = frozenset({Day.MON, Day.TUE, Day.WED, Day.THU, Day.FRI})
CHRISTMAS = date(2026, 12, 25)


def moment(text: str, zone: ZoneInfo = BERLIN, fold: int = 0) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp())


def band(price: float, start: int = 0, end: int = 24, **narrowed: object) -> PricedBand:
    found = Band(BERLIN, start * HOUR, end * HOUR, **narrowed)  # type: ignore[arg-type]
    return PricedBand(found, price)


WINTER_EVENINGS = TimeOfUse(
    90.0,
    (
        band(
            180.0,
            17,
            20,
            days=WORKDAYS,
            season=((11, 1), (2, 28)),
            holidays=frozenset({CHRISTMAS}),
        ),
        band(60.0, 22, 6),
    ),
)
"""Dear on winter evenings of working days, cheap at night, 90 else."""


@pytest.mark.parametrize(
    ("when", "price"),
    [
        ("2026-12-01T16:59:59", 90.0),
        ("2026-12-01T17:00:00", 180.0),
        ("2026-12-01T19:59:59", 180.0),
        ("2026-12-01T20:00:00", 90.0),
        ("2026-12-05T18:00:00", 90.0),  # a Saturday
        ("2026-12-25T18:00:00", 90.0),  # a Friday, but Christmas
        ("2026-07-01T18:00:00", 90.0),  # not its season
        ("2027-02-26T18:00:00", 180.0),  # the season goes round the new year
        ("2026-12-01T23:00:00", 60.0),
        ("2026-12-02T05:59:59", 60.0),
        ("2026-12-02T06:00:00", 90.0),
    ],
)
def test_weekday_season_and_holiday_say_which_price_holds(when: str, price: float) -> None:
    assert WINTER_EVENINGS.at(moment(when)) == price


def test_of_bands_that_overlap_the_first_counts() -> None:
    prices = TimeOfUse(50.0, (band(10.0, 12, 14), band(99.0, 8, 20)))
    day = [prices.at(moment(f"2026-06-01T{hour:02}:00")) for hour in (7, 9, 12, 13, 14, 20)]
    assert day == [50.0, 99.0, 10.0, 10.0, 99.0, 50.0]
    dear_first = TimeOfUse(50.0, tuple(reversed(prices.bands)))
    assert dear_first.at(moment("2026-06-01T12:00")) == 99.0


def hours(prices: TimeOfUse, since: int, until: int) -> dict[float, float]:
    """Hours at each price."""
    times, values = prices.steps(since, until)
    found: dict[float, float] = {}
    for begin, end, value in zip(times, (*times[1:], until), values, strict=True):
        found[value] = found.get(value, 0.0) + (end - begin) / HOUR
    return found


@pytest.mark.parametrize(
    ("day", "following", "night", "rest"),
    [
        ("2026-03-28", "2026-03-29", 8, 16),
        ("2026-03-29", "2026-03-30", 7, 16),  # 02:00 to 03:00 does not exist: 23 hours
        ("2026-10-25", "2026-10-26", 9, 16),  # 02:00 to 03:00 comes twice: 25 hours
    ],
)
def test_a_night_in_which_clocks_change_is_an_hour_shorter_or_longer(
    day: str, following: str, night: float, rest: float
) -> None:
    since, until = moment(f"{day}T00:00"), moment(f"{following}T00:00")
    summer = TimeOfUse(90.0, (band(60.0, 22, 6),))
    assert hours(summer, since, until) == {60.0: night, 90.0: rest}


def test_the_hour_that_comes_twice_has_its_price_both_times() -> None:
    prices = TimeOfUse(90.0, (band(40.0, 2, 3),))
    first, second = (moment("2026-10-25T02:30", fold=fold) for fold in (0, 1))
    assert second - first == HOUR
    assert prices.at(first) == prices.at(second) == 40.0


ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC")
YEAR = moment("2026-01-01T00:00", ZoneInfo("UTC"))


@st.composite
def tariffs(draw: st.DrawFn) -> TimeOfUse:
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    days = st.frozensets(st.sampled_from(list(Day)), min_size=1)
    month_days = st.tuples(st.integers(1, 12), st.integers(1, 28))
    bands = draw(
        st.lists(
            st.builds(
                Band,
                zone=st.just(zone),
                start=st.integers(0, DAY - 1),
                end=st.integers(1, DAY),
                days=days,
                season=st.none() | st.tuples(month_days, month_days),
                holidays=st.frozensets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=3),
            ),
            max_size=4,
        )
    )
    return TimeOfUse(0.0, tuple(PricedBand(one, 1.0 + i) for i, one in enumerate(bands)))


@given(tariffs(), st.integers(0, 364), st.integers(1, 30 * DAY), st.data())
def test_every_second_has_exactly_one_price(
    prices: TimeOfUse, day: int, length: int, data: st.DataObject
) -> None:
    since = YEAR + day * DAY
    times, values = prices.steps(since, since + length)
    assert times[0] == since
    assert times[-1] < since + length
    assert list(times) == sorted(set(times))
    asked = data.draw(st.integers(since, since + length - 1))
    near = [time + shift for time in times for shift in (-1, 0) if time + shift >= since]
    for one in [asked, *near[:8]]:
        held = max(i for i, time in enumerate(times) if time <= one)
        assert values[held] == prices.at(one)


@given(tariffs(), st.integers(0, 300))
def test_the_parts_of_a_span_say_what_the_span_says(prices: TimeOfUse, day: int) -> None:
    since, middle, until = (YEAR + (day + more) * DAY for more in (0, 3, 9))
    whole = hours(prices, since, until)
    parts = [hours(prices, since, middle), hours(prices, middle, until)]
    keys = {key for part in parts for key in part}
    assert whole == {k: pytest.approx(sum(p.get(k, 0.0) for p in parts)) for k in keys}
    assert sum(whole.values()) == pytest.approx((until - since) / HOUR)


def test_a_whole_year_is_told_as_moment_by_moment() -> None:
    """Every half hour of 2026, clock changes, Christmas and the season's ends among them."""
    since, until = YEAR, YEAR + 365 * DAY
    times, values = WINTER_EVENINGS.steps(since, until)
    held = 0
    for moment_asked in range(since, until, HOUR // 2):
        while held + 1 < len(times) and times[held + 1] <= moment_asked:
            held += 1
        assert values[held] == WINTER_EVENINGS.at(moment_asked), moment_asked
    evenings = hours(WINTER_EVENINGS, since, until)[180.0] / 3
    assert evenings == sum(
        day.weekday() < 5 and day.month in (11, 12, 1, 2) and day != CHRISTMAS
        for day in (date(2026, 1, 1) + timedelta(days=number) for number in range(365))
    )


def test_another_unit_is_the_same_prices() -> None:
    per_mwh = WINTER_EVENINGS.times(10.0)
    evening = moment("2026-12-01T18:00")
    assert (per_mwh.at(evening), per_mwh.base) == (1800.0, 900.0)
