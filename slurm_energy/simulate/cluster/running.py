"""The jobs that run, in the order in which backfill expects them to end."""

from bisect import bisect_left, insort
from collections.abc import Iterator

from slurm_energy.simulate.cluster.records import Record
from slurm_energy.simulate.cluster.room import Busy


class Running:
    """By assumed end: the start plus the limit, and as much again for a run that outlasts it."""

    def __init__(self) -> None:
        self._ends: list[tuple[int, int]] = []
        self._records: dict[int, Record] = {}

    def add(self, record: Record) -> None:
        """It runs now."""
        record.assumed = record.started + record.wish.limit
        self._records[record.number] = record
        insort(self._ends, (record.assumed, record.number))

    def remove(self, record: Record) -> None:
        """It runs no more."""
        del self._records[record.number]
        del self._ends[bisect_left(self._ends, (record.assumed, record.number))]

    def busy(self, now: int) -> Iterator[Busy]:
        """What they have and until when, ends in order and all of them ahead."""
        self._extend(now)
        for end, number in self._ends:
            record = self._records[number]
            yield Busy(end, record.need, record.place)

    def on(self, node: int) -> list[Record]:
        """Those that have something on this node."""
        return [record for record in self._records.values() if node in record.place]

    def _extend(self, now: int) -> None:
        while self._ends and self._ends[0][0] <= now:
            assumed, number = self._ends.pop(0)
            record = self._records[number]
            limit = max(1, record.wish.limit)
            record.assumed = assumed + ((now - assumed) // limit + 1) * limit
            insort(self._ends, (record.assumed, number))
