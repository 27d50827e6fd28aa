"""Names beside marks, moved so that they do not lie on one another."""

from collections.abc import Sequence
from typing import NamedTuple

HEIGHT = 15
"""Pixels of a line of text."""
ASIDE = 11
"""From the middle of a mark to its name."""
_SHIFTS = [0.0] + [sign * step * HEIGHT / 2 for step in range(1, 13) for sign in (-1, 1)]


class Label(NamedTuple):
    """A text with its left end on the base line at (x, y); at first, the mark it belongs to."""

    x: float
    y: float
    text: str


class _Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "_Box") -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


def spread_out(marks: Sequence[Label], room: tuple[float, float], letter: float) -> Sequence[Label]:
    """A place for each mark's name: right of it, else left, else a little above or below.

    ``room`` is from where to where names may reach, ``letter`` the usual width of one.
    """
    taken = [_Box(one.x - 8, one.y - 8, one.x + 8, one.y + 8) for one in marks]
    found = list[Label]()
    for one in marks:
        label, box = _first_free(one, room, letter * len(one.text), taken)
        taken.append(box)
        found.append(label)
    return found


def _first_free(
    mark: Label, room: tuple[float, float], wide: float, taken: Sequence[_Box]
) -> tuple[Label, _Box]:
    """The first free place; the first inside the room where none is free."""
    inside = list[tuple[Label, _Box]]()
    for shift in _SHIFTS:
        for left in (mark.x + ASIDE, mark.x - ASIDE - wide):
            middle = mark.y + shift
            box = _Box(left, middle - HEIGHT / 2, left + wide, middle + HEIGHT / 2)
            if box.left < room[0] or box.right > room[1]:
                continue
            place = Label(left, middle + 4, mark.text), box
            if not any(box.meets(other) for other in taken):
                return place
            inside.append(place)
    fallback = Label(mark.x + ASIDE, mark.y + 4, mark.text), _Box(0, 0, 0, 0)
    return inside[0] if inside else fallback
