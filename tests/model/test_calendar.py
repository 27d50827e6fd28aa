"""Bands of local time: by a clock on the wall, on every night of the year."""

from datetime import UTC, date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from slurm_energy.model.calendar import DAY, EVERY_DAY, Band, Day

HOUR = 3600
BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [
    ZoneInfo(name)
    for name in (
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",  # half an hour of daylight saving
        "America/Sao_Paulo",  # once changed its clock at midnight
        "Africa/Casablanca",  # changes around Ramadan
        "Asia/Kathmandu",
        "Pacific/Apia",  # left out the whole of 2011-12-30
    )
]
WORKING = frozenset({Day.MON, Day.TUE, Day.WED, Day.THU, Day.FRI})
NIGHT_FORWARD = date(2026, 3, 29)
NIGHT_BACK = date(2026, 10, 25)


def at(text: str) -> int:
    """Seconds since the epoch of an ISO 8601 time with its offset."""
    moment = datetime.fromisoformat(text)
    assert moment.tzinfo is not None
    return int(moment.timestamp())


def midnight(day: date, zone: ZoneInfo = BERLIN) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())


def total(band: Band, since: int, until: int) -> int:
    return sum(end - start for start, end in band.intervals(since, until))


def test_a_winter_contract_holds_on_working_evenings_only() -> None:
    band = Band(
        BERLIN,
        17 * HOUR,
        20 * HOUR,
        days=WORKING,
        season=((11, 1), (2, 29)),
        holidays=frozenset({date(2026, 12, 25)}),
    )
    week = band.intervals(at("2026-12-21T00:00+01:00"), at("2026-12-28T00:00+01:00"))
    assert week == tuple(
        (at(f"2026-12-{day}T17:00+01:00"), at(f"2026-12-{day}T20:00+01:00"))
        for day in (21, 22, 23, 24)  # the 25th is a holiday, then comes the weekend
    )
    assert not band.intervals(at("2026-03-01T00:00+01:00"), at("2026-11-01T00:00+01:00"))


def test_the_end_of_february_is_the_29th_in_every_year() -> None:
    band = Band(BERLIN, season=((11, 1), (2, 29)))
    assert band.intervals(at("2027-02-27T00:00+01:00"), at("2027-03-02T00:00+01:00")) == (
        (at("2027-02-27T00:00+01:00"), at("2027-03-01T00:00+01:00")),
    )
    assert band.holds(at("2028-02-29T12:00+01:00"))


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    band = Band(BERLIN, 22 * HOUR, 6 * HOUR, days=frozenset({Day.FRI}))
    assert band.intervals(at("2026-01-14T00:00+01:00"), at("2026-01-20T00:00+01:00")) == (
        (at("2026-01-16T22:00+01:00"), at("2026-01-17T06:00+01:00")),
    )


def test_a_window_that_opens_within_a_band_cuts_it() -> None:
    band = Band(BERLIN, 22 * HOUR, 6 * HOUR)
    assert band.intervals(at("2026-01-14T02:00+01:00"), at("2026-01-14T23:00+01:00")) == (
        (at("2026-01-14T02:00+01:00"), at("2026-01-14T06:00+01:00")),
        (at("2026-01-14T22:00+01:00"), at("2026-01-14T23:00+01:00")),
    )


def test_end_equal_to_start_is_a_whole_day_from_there_on() -> None:
    band = Band(BERLIN, 6 * HOUR, 6 * HOUR, days=frozenset({Day.SUN}))
    assert band.intervals(at("2026-01-14T00:00+01:00"), at("2026-01-20T00:00+01:00")) == (
        (at("2026-01-18T06:00+01:00"), at("2026-01-19T06:00+01:00")),
    )


def test_first_and_last_day_are_included() -> None:
    band = Band(BERLIN, 8 * HOUR, 9 * HOUR, first=date(2026, 1, 5), last=date(2026, 1, 6))
    found = band.intervals(at("2026-01-01T00:00+01:00"), at("2026-02-01T00:00+01:00"))
    assert found == (
        (at("2026-01-05T08:00+01:00"), at("2026-01-05T09:00+01:00")),
        (at("2026-01-06T08:00+01:00"), at("2026-01-06T09:00+01:00")),
    )


@pytest.mark.parametrize(("day", "hours"), [(NIGHT_FORWARD, 23), (NIGHT_BACK, 25)])
def test_whole_days_are_one_interval_of_23_and_25_hours(day: date, hours: int) -> None:
    start, end = midnight(day), midnight(date.fromordinal(day.toordinal() + 1))
    assert end - start == hours * HOUR
    assert Band(BERLIN).intervals(start, end) == ((start, end),)


def test_times_that_do_not_exist_are_in_no_band() -> None:
    around = at("2026-03-29T00:00+01:00"), at("2026-03-29T06:00+02:00")
    assert not Band(BERLIN, 2 * HOUR, 3 * HOUR).intervals(*around)
    assert Band(BERLIN, 5400, 9000).intervals(*around) == (
        (at("2026-03-29T01:30+01:00"), at("2026-03-29T02:00+01:00")),
    )
    # half past two does not exist: what begins then begins when the clock shows more than that
    assert Band(BERLIN, 9000, 4 * HOUR).intervals(*around) == (
        (at("2026-03-29T03:00+02:00"), at("2026-03-29T04:00+02:00")),
    )


def test_times_that_exist_twice_are_in_the_band_both_times() -> None:
    around = at("2026-10-25T00:00+02:00"), at("2026-10-25T06:00+01:00")
    assert Band(BERLIN, 2 * HOUR, 3 * HOUR).intervals(*around) == (
        (at("2026-10-25T02:00+02:00"), at("2026-10-25T03:00+01:00")),
    )
    assert Band(BERLIN, HOUR, 9000).intervals(*around) == (
        (at("2026-10-25T01:00+02:00"), at("2026-10-25T02:30+02:00")),
        (at("2026-10-25T02:00+01:00"), at("2026-10-25T02:30+01:00")),
    )


@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_three_shifts_share_out_a_whole_year(zone: ZoneInfo) -> None:
    since, until = midnight(date(2026, 1, 1), zone), midnight(date(2027, 1, 1), zone)
    assert until - since == 365 * DAY  # what spring takes, autumn gives back
    shifts = [(6, 14), (14, 22), (22, 6)]
    assert sum(total(Band(zone, a * HOUR, b * HOUR), since, until) for a, b in shifts) == (
        until - since
    )


def test_only_the_night_has_the_hour_that_goes_and_comes() -> None:
    night = Band(BERLIN, 22 * HOUR, 6 * HOUR)
    for day, hours in ((NIGHT_FORWARD, 7), (NIGHT_BACK, 9)):
        noon = midnight(day) + 12 * HOUR
        assert total(night, noon - DAY, noon) == hours * HOUR


def test_a_year_of_working_hours_within_the_clock_changes() -> None:
    # 2026 has 261 days from Monday to Friday, none of which loses or gains an hour from 8 to 20
    band = Band(BERLIN, 8 * HOUR, 20 * HOUR, days=WORKING)
    year = midnight(date(2026, 1, 1)), midnight(date(2027, 1, 1))
    assert total(band, *year) == 261 * 12 * HOUR


moments = st.integers(at("2005-01-01T00:00+00:00"), at("2037-01-01T00:00+00:00"))
clock = st.integers(0, 95).map(lambda quarter: quarter * 900)
days_of_year = st.dates(date(2024, 1, 1), date(2024, 12, 31)).map(lambda day: (day.month, day.day))
bands = st.builds(
    Band,
    zone=st.sampled_from(ZONES),
    start=clock,
    end=st.one_of(clock, st.just(DAY)),
    days=st.frozensets(st.sampled_from(Day), min_size=1),
    season=st.one_of(st.none(), st.tuples(days_of_year, days_of_year)),
    holidays=st.frozensets(st.dates(date(2005, 1, 1), date(2037, 1, 1)), max_size=3),
)


@given(band=bands, since=moments, span=st.integers(0, 10 * DAY))
def test_intervals_are_ordered_apart_and_inside(band: Band, since: int, span: int) -> None:
    found = band.intervals(since, since + span)
    assert all(since <= start < end <= since + span for start, end in found)
    assert all(before[1] < after[0] for before, after in pairwise(found))


@given(band=bands, since=moments, span=st.integers(1, 3 * DAY), cut=st.integers(0, 3 * DAY))
def test_two_windows_side_by_side_tell_what_one_tells(
    band: Band, since: int, span: int, cut: int
) -> None:
    until, middle = since + span, since + min(cut, span)
    both = total(band, since, middle) + total(band, middle, until)
    assert both == total(band, since, until)


@given(band=bands, moment=moments)
@example(Band(BERLIN, 9000, 3 * HOUR), at("2026-10-25T02:45+02:00"))
@example(Band(BERLIN, 9000, 3 * HOUR), at("2026-10-25T02:15+01:00"))
@example(Band(ZoneInfo("Pacific/Apia"), 0, HOUR), at("2011-12-30T10:30+00:00"))
def test_the_clock_on_the_wall_decides(band: Band, moment: int) -> None:
    """Told again in other words, by the date and the time that the clock shows at that moment."""
    local = datetime.fromtimestamp(moment, band.zone)
    shown = local.hour * HOUR + local.minute * 60 + local.second
    today, yesterday = local.date(), date.fromordinal(local.toordinal() - 1)
    if band.start < band.end:
        expected = band.start <= shown < band.end and _begins_on(band, today)
    else:
        expected = (shown >= band.start and _begins_on(band, today)) or (
            shown < band.end and _begins_on(band, yesterday)
        )
    assert band.holds(moment) == expected


def _begins_on(band: Band, day: date) -> bool:
    kind = Day.HOLIDAY if day in band.holidays else Day(day.weekday())
    if kind not in band.days:
        return False
    if band.season is None:
        return True
    (a, b), today = band.season, (day.month, day.day)
    return a <= today <= b if a <= b else not b < today < a


@given(zone=st.sampled_from(ZONES), year=st.integers(2006, 2036), start=clock, end=clock)
def test_a_band_and_its_opposite_fill_the_year(
    zone: ZoneInfo, year: int, start: int, end: int
) -> None:
    since = int(datetime(year, 1, 1, tzinfo=UTC).timestamp())
    until = int(datetime(year + 1, 1, 1, tzinfo=UTC).timestamp())
    whole = total(Band(zone, start, end, EVERY_DAY), since, until)
    rest = 0 if start == end else total(Band(zone, end, start, EVERY_DAY), since, until)
    assert whole + rest == until - since
