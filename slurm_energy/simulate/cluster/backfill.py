"""Who starts now: EASY and conservative backfill over what is free and when the rest ends.

EASY: Lifka, "The ANL/IBM SP scheduling system" (1995). Conservative: Mu'alem and Feitelson,
"Utilization, predictability, workloads, and user runtime estimates" (2001). Both plan with time
limits; nobody is told a true run time.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Protocol, TypeVar

from slurm_energy.simulate.cluster.room import Busy, Need, Place, Room

R = TypeVar("R", bound=Room)


class Wish(NamedTuple):
    """An eligible job in the queue; ``tasks`` of an array wait, each with this need."""

    job_id: int
    need: Need
    limit: int
    tasks: int = 1


Start = Callable[[int, Place], int]
"""Starts one task of a job now and takes its place in the room; when it should have ended."""


class Plan(Protocol):
    """Decides who starts now: in order, with what runs in order of its end."""

    def __call__(
        self, now: int, queue: Iterable[Wish], room: R, busy: Iterable[Busy], start: Start
    ) -> None:
        """Start what may start."""


def easy(now: int, queue: Iterable[Wish], room: R, busy: Iterable[Busy], start: Start) -> None:
    """Start in order; past the first that has to wait, whatever does not delay that one.

    ``busy`` is in order of ``end``, without those that start now. Nobody waits for a job that
    would not fit even then, as while a node is down.
    """
    waiting = iter(queue)
    started: list[Busy] = []
    for wish in waiting:
        if _start_all(wish, room, start, started):
            continue
        if room.full:
            return
        ahead = room.once_free(wish.need, sorted((*busy, *started)))
        if ahead is not None:
            shadow, place, later = ahead
            later.take(wish.need, place)
            _fill(now, waiting, room, later, shadow, start)
            return


def first_fit(now: int, queue: Iterable[Wish], room: R, busy: Iterable[Busy], start: Start) -> None:  # noqa: ARG001
    """Start whatever fits, in order, and keep nothing for those that wait."""
    hopeless: set[Need] = set()
    for wish in queue:
        if wish.need in hopeless:
            continue
        for _ in range(wish.tasks):
            place = room.place(wish.need)
            if place is None:
                hopeless.add(wish.need)
                break
            start(wish.job_id, place)


def _start_all(wish: Wish, room: R, start: Start, started: list[Busy]) -> bool:
    """Start as many tasks as fit; whether that was all of them."""
    for _ in range(wish.tasks):
        place = room.place(wish.need)
        if place is None:
            return False
        started.append(Busy(start(wish.job_id, place), wish.need, place))
    return True


def _fill(now: int, waiting: Iterator[Wish], room: R, later: R, shadow: int, start: Start) -> None:
    """Start what ends before ``shadow`` or fits beside what is reserved from then on.

    Room only shrinks on the way: what did not fit once is not tried again.
    """
    hopeless: set[tuple[Need, bool]] = set()
    for wish in waiting:
        short = now + wish.limit <= shadow
        if (wish.need, short) in hopeless:
            continue
        for _ in range(wish.tasks):
            place = room.place(wish.need) if short else room.place_beside(wish.need, later)
            if place is None:
                hopeless.add((wish.need, short))
                break
            start(wish.job_id, place)
            if room.full:
                return
            if not short:
                later.take(wish.need, place)
