"""What one source of one signal says: the inner socket of this room."""

from dataclasses import dataclass
from typing import Protocol

from slurm_energy.model.series import Series


@dataclass(frozen=True, slots=True)
class Reading:
    """A series, or None; and what is wrong, one line each.

    Both may be present: a bad new file leaves the previous series standing and says so.
    """

    series: Series | None
    problems: tuple[str, ...] = ()


class SeriesSource(Protocol):
    """One signal of one cluster."""

    def read(self, now: int) -> Reading:
        """What is known at ``now``. Never raises for a bad or absent source."""
