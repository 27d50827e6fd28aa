"""Conservative backfill: everybody in the queue has a reservation, and nobody's is put back."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import Generic, TypeVar

from slurm_energy.simulate.cluster.backfill import Start, Wish
from slurm_energy.simulate.cluster.room import Busy, Need, Place, Room

R = TypeVar("R", bound=Room)


class Calendar(Generic[R]):
    """What is free from now on: room ``i`` holds from ``times[i]`` to the next."""

    def __init__(self, now: int, room: R, busy: Iterable[Busy]) -> None:
        self._times = [now]
        self._rooms = [room.copy()]
        for one in busy:
            after = self._rooms[self._cut(one.end) :]
            for later in after:
                later.give(one.need, one.place)

    def earliest(self, need: Need, limit: int) -> tuple[int, Place] | None:
        """The first start that leaves every other reservation alone; None where there is none."""
        for first, start in enumerate(self._times):
            found = self._place(first, start + limit, need)
            if found is not None:
                return start, found
        return None

    def free(self, start: int, limit: int, need: Need, place: Place) -> bool:
        """Whether this very reservation still can be had."""
        first = bisect_right(self._times, start) - 1
        return first >= 0 and all(
            room.fits_at(need, place) for room in self._rooms[first : self._after(start + limit)]
        )

    def book(self, start: int, limit: int, need: Need, place: Place) -> None:
        """Reserve it."""
        first, after = self._cut(start), self._cut(start + limit)
        for room in self._rooms[first:after]:
            room.take(need, place)

    def unbook(self, start: int, limit: int, need: Need, place: Place) -> None:
        """Give the reservation up."""
        first, after = self._cut(start), self._cut(start + limit)
        for room in self._rooms[first:after]:
            room.give(need, place)

    def _place(self, first: int, end: int, need: Need) -> Place | None:
        """Where it fits from step ``first`` until ``end``."""
        common = self._rooms[first]
        for room in self._rooms[first + 1 : self._after(end)]:
            common = common.least(room)
            if common.place(need) is None:
                return None
        return common.place(need)

    def _after(self, time: int) -> int:
        """The first step that begins at ``time`` or later."""
        return bisect_left(self._times, time)

    def _cut(self, time: int) -> int:
        """The step that begins at ``time``, made where there is none."""
        index = bisect_left(self._times, time)
        if index == len(self._times) or self._times[index] != time:
            self._times.insert(index, time)
            self._rooms.insert(index, self._rooms[index - 1].copy())
        return index


Reservation = tuple[int, int, Need, Place]
"""Start, limit, need and place."""


class Conservative:
    """Reservations from pass to pass: each may come forward, none goes back.

    An array has one at a time, as its tasks start one by one. Where a run outlasts its limit or a
    node is lost, what no longer can be had is reserved anew.
    """

    def __init__(self) -> None:
        self.reserved: dict[int, Reservation] = {}

    def plan(
        self, now: int, queue: Iterable[Wish], room: R, busy: Iterable[Busy], start: Start
    ) -> None:
        """Start what is due now, in order; reserve for the others."""
        wishes = list(queue)
        calendar = Calendar(now, room, busy)
        self._book_again(now, wishes, calendar)
        for wish in wishes:
            for _ in range(wish.tasks):
                if not self._start(now, wish, calendar, start):
                    break

    def _book_again(self, now: int, wishes: list[Wish], calendar: Calendar[R]) -> None:
        """The reservations of the last pass, as far as they still hold."""
        present = {wish.job_id for wish in wishes}
        before, self.reserved = self.reserved, {}
        for job_id, held in sorted(before.items(), key=lambda item: (item[1][0], item[0])):
            if job_id in present and held[0] >= now and calendar.free(*held):
                calendar.book(*held)
                self.reserved[job_id] = held

    def _start(self, now: int, wish: Wish, calendar: Calendar[R], start: Start) -> bool:
        """Start one task now, or reserve for it as early as can be."""
        held = self.reserved.pop(wish.job_id, None)
        if held is not None:
            calendar.unbook(*held)
        found = calendar.earliest(wish.need, wish.limit)
        if found is None:
            return False
        begin, place = found
        calendar.book(begin, wish.limit, wish.need, place)
        if begin == now:
            start(wish.job_id, place)
            return True
        self.reserved[wish.job_id] = (begin, wish.limit, wish.need, place)
        return False
