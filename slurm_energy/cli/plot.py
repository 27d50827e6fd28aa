"""A small plot of the coming 48 hours for a terminal: blocks, or plain characters."""

from collections.abc import Sequence
from datetime import UTC, datetime

from slurm_energy.cli.context import Screen
from slurm_energy.cli.words import duration, moment, number

AHEAD = 48 * 3600
ROWS = 5
_EIGHTHS = 8
_FINEST = 900
"""Seconds of one column, at least."""
_PIPE = 80
"""Columns where nobody looks."""
BLOCKS = " ▁▂▃▄▅▆▇█"
PLAIN = " ...::###"
Steps = Sequence[tuple[int, float]]


def plot(steps: Steps, end: int, screen: Screen) -> list[str]:
    """The course from the first step on, 48 h wide; its least value and local midnights marked.

    ``steps``: time and value, in order; the last holds until ``end``. What is unknown is blank.
    """
    low, high = min(value for _, value in steps), max(value for _, value in steps)
    labels = [number(high), *[""] * (ROWS - 2), number(low)]
    margin = max(map(len, labels))
    room = (screen.width or _PIPE) - margin - 2
    count = max(1, min(room, AHEAD // _FINEST))
    start, length = steps[0][0], AHEAD / count
    levels = [_level(value, low, high) for value in means(steps, end, count, length)]
    bars = [_bar(levels, row, screen) for row in reversed(range(ROWS))]
    edge = "│" if screen.blocks else "|"
    lines = [
        f"{label:>{margin}} {edge}{bar}".rstrip() for label, bar in zip(labels, bars, strict=True)
    ]
    below = " " * (margin + 2)
    return [
        *lines,
        below + _axis(start, count, length),
        below + _least(steps, count, length, screen),
    ]


def means(steps: Steps, end: int, count: int, length: float) -> list[float | None]:
    """Time-weighted mean of each of ``count`` columns of ``length`` seconds; None where unknown."""
    ends = [*(time for time, _ in steps[1:]), end]
    found = []
    for column in range(count):
        first = steps[0][0] + column * length
        shares = [
            (max(0.0, min(until, first + length) - max(time, first)), value)
            for (time, value), until in zip(steps, ends, strict=True)
        ]
        known = sum(share for share, _ in shares)
        found.append(sum(share * value for share, value in shares) / known if known else None)
    return found


def _level(value: float | None, low: float, high: float) -> int:
    """Eighths of a row, at least one for what is known; 0 for the unknown."""
    if value is None:
        return 0
    share = (value - low) / (high - low) if high > low else 0.5
    return 1 + round(share * (ROWS * _EIGHTHS - 1))


def _bar(levels: Sequence[int], row: int, screen: Screen) -> str:
    marks = BLOCKS if screen.blocks else PLAIN
    return "".join(marks[max(0, min(_EIGHTHS, level - row * _EIGHTHS))] for level in levels)


def _axis(start: int, count: int, length: float) -> str:
    """``now``, every local midnight with its day, and every sixth hour where there is room."""
    line = "now".ljust(count)
    before = _local(start)
    for column in range(1, count):
        here = _local(start + column * length)
        if here.date() != before.date():
            line = _put(line, column, here.strftime("|%a"))
        elif here.hour // 6 != before.hour // 6:
            line = _put(line, column, f"{here.hour - here.hour % 6:02}")
        before = here
    return line.rstrip()


def _put(line: str, column: int, text: str) -> str:
    """``text`` written at ``column``, where it stands free."""
    free = not line[max(0, column - 1) : column + len(text)].strip()
    if not free or column + len(text) > len(line):
        return line
    return line[:column] + text + line[column + len(text) :]


def _least(steps: Steps, count: int, length: float, screen: Screen) -> str:
    """A mark below the first of the least values, and what it is."""
    start = steps[0][0]
    time, value = min(steps, key=lambda step: (step[1], step[0]))
    column = min(count - 1, int((time - start) / length))
    when = "now" if time == start else f"{moment(time, start)}, in {duration(time - start)}"
    text = f"least: {number(value)} {when}"
    mark = "▲" if screen.blocks else "^"
    if column + 2 + len(text) <= count:
        return f"{'':{column}}{mark} {text}"
    return f"{text:>{max(0, column - 1)}} {mark}"


def _local(time: float) -> datetime:
    return datetime.fromtimestamp(time, UTC).astimezone()
