"""Ticks of time: round hours, days or months in UTC, as many as there is room for."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

DAY = 86_400
_STEPS = (
    3600,
    3 * 3600,
    6 * 3600,
    12 * 3600,
    *(DAY * days for days in (1, 2, 3, 5, 7, 14, 30, 60)),
)


def moments(start: int, end: int, most: int) -> Sequence[float]:
    """Midnights (or whole hours of short periods) from ``start`` to ``end``, evenly spaced."""
    step = next((one for one in _STEPS if (end - start) / one <= most), 120 * DAY)
    day = datetime.fromtimestamp(start, UTC).replace(hour=0, minute=0, second=0)
    first = int(day.timestamp())
    while first < start:
        first += min(step, DAY)
    return [float(moment) for moment in range(first, end + 1, step)]


def told(moment: float) -> str:
    """``19 Oct``; ``06:00`` for an hour that is no midnight."""
    when = datetime.fromtimestamp(moment, UTC)
    return f"{when.day} {when:%b}" if when.hour == 0 else f"{when:%H:%M}"


def in_words(moment: int) -> str:
    """``19 October 2022, 16:00 UTC``; a period's end at midnight stays that day's midnight."""
    when = datetime.fromtimestamp(moment, UTC) + timedelta(seconds=30)
    return f"{when.day} {when:%B %Y, %H:%M} UTC"
