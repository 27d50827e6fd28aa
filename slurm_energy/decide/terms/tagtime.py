"""Times in a tag: durations, and moments relative to submit or absolute with an offset."""

import re
from calendar import timegm
from datetime import UTC, datetime
from typing import NamedTuple

LONGEST_DURATION = 366 * 86_400
MOMENT_HINT = "a time; use ISO 8601 with offset or +30m, +12h, +3d, e.g. energy:deadline=+12h"
ABSOLUTE_HINT = "a time; use ISO 8601 with offset, e.g. energy:checkpoint=2026-12-01T08:00:00Z"
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_DURATION = re.compile(r"([0-9]{1,9})([smhd])")
_ISO = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?"
    r"(?:Z|([+-])([0-9]{2}):?([0-9]{2}))"
)


class Moment(NamedTuple):
    """Seconds since the epoch, or since the submit where ``relative``."""

    seconds: int
    relative: bool


def parse_duration(text: str) -> int | None:
    """Seconds in ``90s``, ``30m``, ``12h`` or ``3d`` (at most 366d), or None where it is none."""
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    seconds = int(match[1]) * _UNITS[match[2]]
    return seconds if seconds <= LONGEST_DURATION else None


def parse_moment(text: str) -> Moment | None:
    """The moment ``+12h`` or ``2026-12-01T08:00+01:00`` names, or None where it names none."""
    if text.startswith("+"):
        seconds = parse_duration(text[1:])
        return None if seconds is None else Moment(seconds, relative=True)
    match = _ISO.fullmatch(text)
    absolute = None if match is None else _absolute(match)
    return None if absolute is None else Moment(absolute, relative=False)


def render_duration(seconds: int) -> str:
    """``seconds`` in the largest unit that divides them, as a tag would write it."""
    for unit in ("d", "h", "m"):
        if seconds and seconds % _UNITS[unit] == 0:
            return f"{seconds // _UNITS[unit]}{unit}"
    return f"{seconds}s"


def _absolute(match: re.Match[str]) -> int | None:
    year, month, day, hour, minute = (int(part) for part in match.groups()[:5])
    hours, minutes = int(match[8] or 0), int(match[9] or 0)
    if not 2000 <= year < 2200 or hours > 14 or minutes > 59:
        return None
    try:
        local = datetime(year, month, day, hour, minute, int(match[6] or 0), tzinfo=UTC)
    except ValueError:
        return None
    offset = hours * 3_600 + minutes * 60
    return timegm(local.utctimetuple()) - (-offset if match[7] == "-" else offset)
