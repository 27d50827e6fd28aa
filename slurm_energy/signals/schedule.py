"""Limits that come back by the clock, from the configuration: contracts and peak windows."""

from collections.abc import Sequence
from dataclasses import dataclass

from slurm_energy.model.calendar import DAY, Band
from slurm_energy.model.power import GridEvent, GridEvents, Origin


@dataclass(frozen=True, slots=True)
class Recurring:
    """One row of a schedule: so many watts whenever the band holds."""

    band: Band
    watts: float
    reason: str
    holds: bool = False

    def events(self, since: int, until: int) -> Sequence[GridEvent]:
        """Its events in ``[since, until)``, in order."""
        return [
            GridEvent(start, end, self.watts, self.reason, Origin.SCHEDULE, self.holds)
            for start, end in self.band.intervals(since, until)
        ]


class Schedule:
    """Implements :class:`~slurm_energy.ports.GridEventSource` over ``rows``.

    Told are whole UTC days, from the day before ``now`` until ``horizon`` seconds ahead is
    covered: one without an end then ends at the same moment all day long, and plans stay as they
    are.
    """

    def __init__(self, rows: Sequence[Recurring], horizon: int) -> None:
        self._rows = tuple(rows)
        self._days = 1 + -(-horizon // DAY)
        self._today: int | None = None
        self._known = GridEvents()

    def read(self, now: int) -> GridEvents:
        """The events from yesterday until the horizon; worked out once a day."""
        today = now // DAY
        if today != self._today:
            since, until = (today - 1) * DAY, (today + self._days) * DAY
            found = [event for row in self._rows for event in row.events(since, until)]
            found.sort(key=lambda event: (event.start, event.end))
            self._known, self._today = GridEvents(tuple(found)), today
        return self._known
