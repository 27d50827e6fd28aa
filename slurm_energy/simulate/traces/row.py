"""One row of a trace: its cells by column, and faults that name place, value and cure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from slurm_energy.errors import InputError

CURE = "correct the row or skip malformed rows"
LONGEST = 20 * 365 * 86_400
"""Seconds: nothing in a trace lasts longer; a moment since the epoch is refused as a mistake."""
MOST = 1_000_000
"""Units, nodes or tasks of one job."""
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Row:
    """Cells as text, by column; a column that the file lacks reads as empty."""

    place: str
    """File and line, as a message begins."""
    cells: Mapping[str, str]

    def text(self, column: str) -> str:
        """The cell as it stands; empty where there is none."""
        return self.cells.get(column, "")

    def fault(self, column: str, allowed: str, cure: str = CURE) -> InputError:
        """One line: place, column, value, what is allowed, and the cure."""
        value = self.text(column)
        shown = value if len(value) <= _SHOWN else value[:_SHOWN] + "..."
        return InputError(f"{self.place}, {column}: {shown!r} is not {allowed}; {cure}")

    def number(self, column: str, low: float, high: float, what: str) -> float | None:
        """A finite number from ``low`` to ``high``; None for an empty cell."""
        text = self.text(column).strip()
        if not text:
            return None
        value = as_number(text)
        if value is None or not low <= value <= high:
            raise self.fault(column, f"{what} from {low:g} to {high:g}")
        return value

    def whole(self, column: str, low: int, high: int = MOST) -> int | None:
        """A whole number from ``low`` to ``high``; None for an empty cell."""
        value = self.number(column, low, high, "a whole number")
        if value is not None and not value.is_integer():
            raise self.fault(column, f"a whole number from {low} to {high}")
        return None if value is None else int(value)


def as_number(text: str) -> float | None:
    """The finite number in ``text``, or None where it is none."""
    if "_" in text or not text.isascii():
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
