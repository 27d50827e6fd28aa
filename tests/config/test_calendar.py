"""Calendars and bands in the configuration: what they become, and how a fault reads."""

import re
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from slurm_energy.config.calendar import BandSettings, CalendarSettings
from slurm_energy.config.load import parse
from slurm_energy.errors import ConfigError
from slurm_energy.model.calendar import Band, Day

GERMANY = CalendarSettings(zone="Europe/Berlin", holidays=(date(2026, 12, 25),))


def test_a_band_takes_clock_and_holidays_of_its_calendar() -> None:
    settings = BandSettings.model_validate(
        {
            "calendar": "germany",
            "days": ["mon", "holiday"],
            "start": "17:00",
            "end": "24:00",
            "season": ["11-01", "02-29"],
            "first": date(2026, 1, 1),
            "last": "2027-12-31",
        }
    )
    assert settings.band(GERMANY) == Band(
        zone=ZoneInfo("Europe/Berlin"),
        start=17 * 3600,
        end=86400,
        days=frozenset({Day.MON, Day.HOLIDAY}),
        season=((11, 1), (2, 29)),
        first=date(2026, 1, 1),
        last=date(2027, 12, 31),
        holidays=frozenset({date(2026, 12, 25)}),
    )


def test_what_is_absent_narrows_nothing() -> None:
    settings = BandSettings.model_validate({"calendar": "germany"})
    assert settings.band(CalendarSettings(zone="UTC")) == Band(ZoneInfo("UTC"))


def test_it_is_written_back_as_it_was_read() -> None:
    written = {"days": ["sun"], "start": "07:30", "end": "24:00", "season": ["11-01", "02-29"]}
    settings = BandSettings.model_validate({"calendar": "germany", **written})
    assert settings.model_dump(mode="json", exclude_unset=True, exclude={"calendar"}) == written


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("start", "7:30", "7:30 is not a time of day; write 00:00 to 24:00, such as 17:30"),
        ("end", "24:01", "24:01 is not a time of day"),
        ("end", 17, "17 is not a time of day"),
        ("start", "24:00", "start 24:00 is the end of a day; write 00:00"),
        ("days", ["monday"], "monday is no kind of day; allowed: mon, tue, wed, thu, fri, sat"),
        ("days", [1], "1 is no kind of day"),
        ("days", [], "at least 1 item"),
        ("season", ["11-31", "12-01"], "11-31 is not a day of the year; write month and day"),
        ("season", ["01-11-01", "12-01"], "01-11-01 is not a day of the year"),
        ("last", date(2025, 1, 1), "last 2025-01-01 is before first 2026-01-01; exchange them"),
        ("first", "1.1.2026", "date"),
        ("zone", "UTC", "Extra inputs are not permitted"),
    ],
)
def test_a_fault_is_named_with_its_cure(key: str, value: object, told: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(told)):
        BandSettings.model_validate({"calendar": "x", "first": date(2026, 1, 1), key: value})


@pytest.mark.parametrize("zone", ["Europe/Berlim", "", "../etc/passwd", "/etc/passwd", "Europe"])
def test_an_unknown_zone_is_one_line(zone: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(f'[calendars.germany]\nzone = "{zone}"\n', "test")
    assert caught.value.problems == (
        f"test: calendars.germany.zone = '{zone}': no time zone of this host; "
        f"write one such as Europe/Berlin, or install tzdata",
    )
