"""The grid that a live test describes: what its signals do, in our own seconds.

Signals are replayed 225 times as fast as time passes, so a quarter of an hour of the grid takes
four seconds, and with it the grain of begin times and the margins of the policy.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

SPEED = 225
GRAIN = 900
"""Seconds of the grid between two rows, and between two begin times."""
STEP = GRAIN // SPEED
"""The same in our own seconds."""
RECORDED = datetime(2026, 6, 15, tzinfo=UTC)
"""The recorded moment that is shown when a grid is written."""


@dataclass(frozen=True)
class Grid:
    """What the grid does, in our own seconds from the moment it is written.

    ``dirty`` seconds of 600 g and 200 EUR, then 50 g and 10 EUR until it ``ends``, where nothing
    is known any more. It was as it is now for ten minutes.
    """

    dirty: float = 0
    ends: float = 1800

    def csv(self, dirty: float, clean: float, unit: str, first: int = 0) -> str:
        """The file of one signal, ``first`` rows after :data:`RECORDED`."""
        rows = ["time,value,unit"]
        for number in range(-round(600 / STEP), round(self.ends / STEP)):
            moment = RECORDED.timestamp() + (first + number) * GRAIN
            value = dirty if number * STEP < self.dirty else clean
            rows.append(f"{moment:.0f},{value},{unit}")
        return "\n".join(rows) + "\n"


DIRTY = Grid(dirty=600)
"""Longer than a test takes, and its end within the 768 s that the planner looks ahead here."""
CLEAN = Grid()
