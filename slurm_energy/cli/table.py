"""Tables that fit: wide cells are cut and unimportant columns dropped before a line breaks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

GAP = 2


def _plain(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``least``: cells may be cut to this width. ``drop``: dropped first if highest."""

    title: str
    least: int | None = None
    drop: int = 0
    """0: never dropped."""
    right: bool = False
    paint: Callable[[str], str] = _plain
    """Colours a padded cell; click removes the colour where nobody sees it."""


def table(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int | None) -> list[str]:
    """Lines of at most ``width`` characters, title line first; None: as wide as it is."""
    full = [
        max([len(column.title), *(len(row[index]) for row in rows)])
        for index, column in enumerate(columns)
    ]
    widths = dict(enumerate(full)) if width is None else _fitted(columns, full, width)
    titles = [column.title for column in columns]
    lines = [_line(columns, titles, widths, painted=False)]
    return lines + [_line(columns, row, widths, painted=True) for row in rows]


def _fitted(columns: Sequence[Column], full: Sequence[int], width: int) -> dict[int, int]:
    """Width by index of the columns that stay."""
    kept = list(range(len(columns)))
    least = [_least(column, wide) for column, wide in zip(columns, full, strict=True)]
    while _total([least[index] for index in kept]) > width:
        droppable = [index for index in kept if columns[index].drop]
        if not droppable:
            break
        kept.remove(max(droppable, key=lambda index: columns[index].drop))
    return _grown({index: least[index] for index in kept}, full, width)


def _least(column: Column, wide: int) -> int:
    return wide if column.least is None else min(wide, max(column.least, len(column.title)))


def _grown(widths: dict[int, int], full: Sequence[int], width: int) -> dict[int, int]:
    """The room that is left, given to the columns that were cut, the leftmost first."""
    room = width - _total(list(widths.values()))
    for index in widths:
        more = max(0, min(room, full[index] - widths[index]))
        widths[index] += more
        room -= more
    return widths


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * (len(widths) - 1)


def _line(
    columns: Sequence[Column], cells: Sequence[str], widths: dict[int, int], painted: bool
) -> str:
    parts = []
    last = max(widths, default=0)
    for index, width in widths.items():
        column = columns[index]
        cell = cut(cells[index], width)
        if column.right:
            cell = cell.rjust(width)
        elif index != last:
            cell = cell.ljust(width)
        parts.append(column.paint(cell) if painted else cell)
    return (" " * GAP).join(parts)


def cut(text: str, width: int) -> str:
    """``text`` in at most ``width`` characters, a cut shown by its last one."""
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"
