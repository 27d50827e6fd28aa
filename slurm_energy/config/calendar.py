"""``[calendars]`` and the bands of time that refer to one: when the clock of a place shows what."""

import re
from datetime import date
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, PlainSerializer, field_validator, model_validator

from slurm_energy.config.rules import Name, Strict
from slurm_energy.model.calendar import DAY, EVERY_DAY, Band, Day, MonthDay

_CLOCK = re.compile(r"([0-2]\d):([0-5]\d)")
_LEAP_YEAR = 2024


def _clock(value: object) -> object:
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    seconds = DAY + 1 if found is None else 3600 * int(found[1]) + 60 * int(found[2])
    if seconds > DAY:
        raise ValueError(f"{value} is not a time of day; write 00:00 to 24:00, such as 17:30")
    return seconds


def _shown_clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}"


def _month_day(value: object) -> object:
    try:
        day = date.fromisoformat(f"{_LEAP_YEAR}-{value}")
    except ValueError:
        msg = f"{value} is not a day of the year; write month and day, such as 11-01"
        raise ValueError(msg) from None
    return day.month, day.day


def _shown_month_day(day: MonthDay) -> str:
    return f"{day[0]:02}-{day[1]:02}"


def _day(value: object) -> object:
    names = {day.name.lower(): day for day in Day}
    if value not in names:
        raise ValueError(f"{value} is no kind of day; allowed: {', '.join(names)}")
    return names[str(value)]


ClockTime = Annotated[
    int,
    BeforeValidator(_clock),
    PlainSerializer(_shown_clock, return_type=str, when_used="json"),
]
"""Seconds since midnight, written as ``17:00``; ``24:00`` ends a day."""
DayOfYear = Annotated[
    MonthDay,
    BeforeValidator(_month_day),
    PlainSerializer(_shown_month_day, return_type=str, when_used="json"),
]
"""(month, day), written as ``11-01``; ``02-29`` is the end of February in every year."""
DayKind = Annotated[
    Day,
    BeforeValidator(_day),
    PlainSerializer(lambda day: day.name.lower(), return_type=str, when_used="json"),
]


class CalendarSettings(Strict):
    """How one place counts its days: its clock and its holidays."""

    zone: str = Field(description="time zone by its tz database name, such as Europe/Berlin")
    holidays: tuple[date, ...] = Field(
        default=(), description="dates that count as holiday and not as their weekday"
    )

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            msg = "no time zone of this host; write one such as Europe/Berlin, or install tzdata"
            raise ValueError(msg) from error
        return zone


class BandSettings(Strict):
    """When something holds, again and again; what is absent narrows nothing."""

    calendar: Name = Field(description="one of calendars: whose clock and holidays count")
    days: tuple[DayKind, ...] = Field(
        default=tuple(sorted(EVERY_DAY)),
        min_length=1,
        description="the days it begins on: mon to sun, and holiday",
    )
    start: ClockTime = Field(default=0, description="from when by the clock")
    end: ClockTime = Field(default=DAY, description="until when; not after start: on the next day")
    season: tuple[DayOfYear, DayOfYear] | None = Field(
        default=None, description="first and last day of each year's season"
    )
    first: date | None = Field(default=None, description="its very first day")
    last: date | None = Field(default=None, description="its very last day")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start == DAY:
            raise ValueError("start 24:00 is the end of a day; write 00:00")
        if self.first is not None and self.last is not None and self.last < self.first:
            raise ValueError(f"last {self.last} is before first {self.first}; exchange them")
        return self

    def band(self, calendar: CalendarSettings) -> Band:
        """The band by the clock and the holidays of ``calendar``, the one it names."""
        return Band(
            zone=ZoneInfo(calendar.zone),
            start=self.start,
            end=self.end,
            days=frozenset(self.days),
            season=self.season,
            first=self.first,
            last=self.last,
            holidays=frozenset(calendar.holidays),
        )
