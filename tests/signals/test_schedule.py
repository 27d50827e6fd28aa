"""A schedule is told as grid events, within the horizon, by the clock of its calendar."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from slurm_energy.model.calendar import DAY, Band, Day
from slurm_energy.model.power import GridEvent, GridEvents, Origin
from slurm_energy.signals.schedule import Recurring, Schedule

HOUR = 3600
BERLIN = ZoneInfo("Europe/Berlin")
WORKING = frozenset({Day.MON, Day.TUE, Day.WED, Day.THU, Day.FRI})
EVENING = Recurring(
    Band(BERLIN, 17 * HOUR, 20 * HOUR, WORKING, ((11, 1), (2, 29))), 250_000, "grid contract"
)
TUESDAY = int(datetime(2026, 1, 13, 9, tzinfo=UTC).timestamp())


def told(event: GridEvent) -> tuple[str, str]:
    """Start and end as a clock in Berlin shows them."""
    start, end = (datetime.fromtimestamp(time, BERLIN) for time in (event.start, event.end))
    return start.strftime("%a %d %H:%M"), end.strftime("%H:%M")


def test_it_is_told_from_yesterday_to_the_horizon() -> None:
    read = Schedule([EVENING], 2 * DAY).read(TUESDAY)
    assert [told(event) for event in read.events] == [
        ("Mon 12 17:00", "20:00"),
        ("Tue 13 17:00", "20:00"),
        ("Wed 14 17:00", "20:00"),
        ("Thu 15 17:00", "20:00"),
    ]
    event = read.events[0]
    assert (event.watts, event.reason, event.origin) == (250_000, "grid contract", Origin.SCHEDULE)
    assert not event.holds


def test_out_of_season_there_are_none() -> None:
    assert Schedule([EVENING], 3 * DAY).read(TUESDAY + 120 * DAY) == GridEvents()


def test_rows_are_told_together_by_their_start() -> None:
    night = Recurring(Band(BERLIN, 22 * HOUR, 6 * HOUR), 90_000, "night", holds=True)
    events = Schedule([EVENING, night], DAY).read(TUESDAY).events
    assert [event.start for event in events] == sorted(event.start for event in events)
    assert {event.holds for event in events} == {False, True}


def test_what_never_ends_ends_at_the_same_moment_all_day_long() -> None:
    always = Schedule([Recurring(Band(BERLIN), 1_000, "always")], DAY)
    midnight = TUESDAY - TUESDAY % DAY
    ends = {always.read(midnight + hour * HOUR).events[-1].end for hour in range(24)}
    assert len(ends) == 1
    assert min(ends) >= midnight + 2 * DAY
    assert always.read(midnight + DAY).events[-1].end == min(ends) + DAY


def test_a_clock_that_goes_back_is_followed() -> None:
    """Half past two to three exists twice on 2026-10-25: the limit holds both times."""
    band = Band(BERLIN, 9000, 3 * HOUR)
    sunday = int(datetime(2026, 10, 25, tzinfo=UTC).timestamp())
    events = Schedule([Recurring(band, 5, "x")], 0).read(sunday).events
    assert [told(event) for event in events if event.start > sunday] == [
        ("Sun 25 02:30", "02:00"),
        ("Sun 25 02:30", "03:00"),
    ]
    assert events[-1].start - events[-2].end == 1800
