"""Bands of local time that come back: working days from 17:00 to 20:00, in winter, by a clock.

A band holds while a clock on the wall of its time zone shows a time of it. So a time that exists
twice (the clock goes back) is in the band both times, a time that does not exist (the clock goes
forward) is in none, and bands that share a day out between them share out its 23 or 25 hours.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import IntEnum

DAY = 86400
_EPOCH = date(1970, 1, 1)

Interval = tuple[int, int]
"""From, until: seconds since the epoch, the end not included."""
MonthDay = tuple[int, int]


class Day(IntEnum):
    """What kind of day a date is: a holiday, or else its weekday, as ``date.weekday`` counts."""

    MON = 0
    TUE = 1
    WED = 2
    THU = 3
    FRI = 4
    SAT = 5
    SUN = 6
    HOLIDAY = 7


EVERY_DAY = frozenset(Day)


@dataclass(frozen=True, slots=True)
class Band:
    """Local times ``[start, end)`` of the days it is for.

    An ``end`` that is not after ``start`` is on the next day; that part still belongs to the day
    it began on. Equal: the whole 24 hours from ``start`` on.
    """

    zone: tzinfo
    start: int = 0
    """Seconds the clock shows since midnight, 0 to 86399."""
    end: int = DAY
    """0 to 86400, which is the midnight at the end of the day."""
    days: frozenset[Day] = EVERY_DAY
    season: tuple[MonthDay, MonthDay] | None = None
    """(month, day) of its first and last day each year, round the new year too; None: all year."""
    first: date | None = None
    """Its very first day; None: since ever."""
    last: date | None = None
    """Its very last day, included; None: for ever."""
    holidays: frozenset[date] = frozenset()
    """These dates are a holiday, and not their weekday."""

    def intervals(self, since: int, until: int) -> tuple[Interval, ...]:
        """When it holds within ``[since, until)``: ordered, apart from each other, none empty."""
        return tuple(_merged(self._pieces(since, until)))

    def holds(self, moment: int) -> bool:
        """Whether it holds at ``moment``, in seconds since the epoch."""
        return bool(self.intervals(moment, moment + 1))

    def _pieces(self, since: int, until: int) -> Iterator[Interval]:
        """Its parts in order, cut at midnight and wherever the clock is put forward or back."""
        length = (self.end - self.start) % DAY or DAY
        for begin, end, offset in _even(self.zone, since, until):
            for number in range((begin + offset) // DAY - 1, (end - 1 + offset) // DAY + 1):
                if not self._for(_EPOCH + timedelta(days=number)):
                    continue
                start = number * DAY + self.start - offset
                piece = max(start, begin), min(start + length, end)
                if piece[0] < piece[1]:
                    yield piece

    def _for(self, day: date) -> bool:
        """Whether it begins on this day."""
        kind = Day.HOLIDAY if day in self.holidays else Day(day.weekday())
        return (
            kind in self.days
            and _within_season((day.month, day.day), self.season)
            and (self.first is None or self.first <= day)
            and (self.last is None or day <= self.last)
        )


def _within_season(day: MonthDay, season: tuple[MonthDay, MonthDay] | None) -> bool:
    if season is None:
        return True
    first, last = season
    return first <= day <= last if first <= last else day >= first or day <= last


def _even(zone: tzinfo, since: int, until: int) -> Iterator[tuple[int, int, int]]:
    """(from, until, offset from UTC) of the stretches in which no clock is changed, in order.

    No zone changes its clock twice within a day, so that looking once a day misses none.
    """
    begin = since
    for look in range(since, until, DAY):
        end = min(look + DAY, until)
        if _offset(zone, end) != _offset(zone, begin):
            change = _change(zone, look, end)
            yield begin, change, _offset(zone, begin)
            begin = change
    if begin < until:
        yield begin, until, _offset(zone, begin)


def _change(zone: tzinfo, low: int, high: int) -> int:
    """The first moment after ``low`` with the offset of ``high``, which is another one."""
    before = _offset(zone, low)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(zone, middle) == before else (low, middle)
    return high


def _offset(zone: tzinfo, moment: int) -> int:
    """Seconds that the zone's clock is ahead of UTC."""
    offset = datetime.fromtimestamp(moment, zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def _merged(pieces: Iterable[Interval]) -> Iterator[Interval]:
    """Ordered pieces, those that touch or overlap made one."""
    held: Interval | None = None
    for piece in pieces:
        if held is None or piece[0] > held[1]:
            if held is not None:
                yield held
            held = piece
        else:
            held = held[0], max(held[1], piece[1])
    if held is not None:
        yield held
