"""Times, durations and missing values as people read them."""

import textwrap
from datetime import UTC, datetime

MISSING = "-"
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_NEAR = 6 * _DAY


def moment(time: int | None, now: int) -> str:
    """``Tue 14:20`` in local time within six days, else with the date; ``-`` where there is none.

    Seconds are told within the next and the last two minutes only.
    """
    if time is None:
        return MISSING
    local = datetime.fromtimestamp(time, UTC).astimezone()
    if abs(time - now) < _NEAR:
        return local.strftime("%a %H:%M:%S" if abs(time - now) < 2 * _MINUTE else "%a %H:%M")
    return local.strftime("%Y-%m-%d %H:%M")


def duration(seconds: int | None) -> str:
    """``45s``, ``12m``, ``3h20m``, ``2d4h``, with a minus where negative; ``-`` for None."""
    if seconds is None:
        return MISSING
    sign, left = ("-" if seconds < 0 else ""), abs(int(seconds))
    for unit, name, part, part_name in (
        (_DAY, "d", _HOUR, "h"),
        (_HOUR, "h", _MINUTE, "m"),
        (_MINUTE, "m", 1, "s"),
    ):
        if left >= unit:
            rest = left % unit // part
            short = unit == _MINUTE or not rest
            return f"{sign}{left // unit}{name}" + ("" if short else f"{rest}{part_name}")
    return f"{sign}{left}s"


def number(value: float | None, unit: str = "") -> str:
    """At most three digits after the point, none for large ones; ``-`` for None."""
    if value is None:
        return MISSING
    text = f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{text}{unit}"


def text(value: object) -> str:
    """Anything, ``-`` for None."""
    return MISSING if value is None else str(value)


def wrapped(line: str, width: int | None) -> list[str]:
    """``line`` in lines of at most ``width`` characters, later ones indented; None: as it is."""
    if width is None:
        return [line]
    indent = " " * (len(line) - len(line.lstrip()))
    return textwrap.wrap(
        line.lstrip(),
        width,
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        break_on_hyphens=False,
    )
