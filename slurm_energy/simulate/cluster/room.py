"""Free resources, and where a job would go: the arithmetic that backfill plans with."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol, Self

Place = tuple[int, ...]
"""The nodes a job has, by index; empty in a pool."""


class Need(NamedTuple):
    """What one task takes: the same share on each of its nodes. In a pool ``gpus`` are units."""

    nodes: int
    gpus: int
    cpus: int


class Busy(NamedTuple):
    """What a running job has, and when it will be free by its limit."""

    end: int
    need: Need
    place: Place


class Room(Protocol):
    """What is free at a moment, now or in a plan."""

    def place(self, need: Need) -> Place | None:
        """Where it fits; None where it does not."""

    def place_beside(self, need: Need, other: Self) -> Place | None:
        """Where it fits here and in ``other`` alike."""

    def once_free(self, need: Need, busy: Iterable[Busy]) -> tuple[int, Place, Self] | None:
        """When ``need`` fits as these end, in order of their end; where, and the room then.

        None where it does not fit even when all have ended.
        """

    def take(self, need: Need, place: Place) -> None:
        """Occupy the place."""

    def give(self, need: Need, place: Place) -> None:
        """Free the place."""

    def fits_at(self, need: Need, place: Place) -> bool:
        """Whether this very place is free."""

    def copy(self) -> Self:
        """The same room, to plan in."""

    def least(self, other: Self) -> Self:
        """What is free here and in ``other`` alike."""

    @property
    def full(self) -> bool:
        """Whether nothing fits any more that needs a GPU or a CPU."""

    @property
    def idle_gpus(self) -> int:
        """Units or GPUs that nobody has; 0 in a pool without limit."""


class PoolRoom:
    """Units without nodes. ``free`` None: without limit."""

    __slots__ = ("free",)

    def __init__(self, free: int | None) -> None:
        self.free = free

    def place(self, need: Need) -> Place | None:
        """Where it fits; None where it does not."""
        return () if self.free is None or need.gpus <= self.free else None

    def place_beside(self, need: Need, other: Self) -> Place | None:
        """Where it fits here and in ``other`` alike."""
        return None if self.place(need) is None else other.place(need)

    def once_free(self, need: Need, busy: Iterable[Busy]) -> tuple[int, Place, Self] | None:
        """When ``need`` fits as these end; where, and the room then."""
        free = self.free or 0
        for one in busy:
            free += one.need.gpus
            if need.gpus <= free:
                return one.end, (), type(self)(free)
        return None

    def take(self, need: Need, place: Place) -> None:  # noqa: ARG002
        """Occupy units."""
        if self.free is not None:
            self.free -= need.gpus

    def give(self, need: Need, place: Place) -> None:  # noqa: ARG002
        """Free units."""
        if self.free is not None:
            self.free += need.gpus

    def fits_at(self, need: Need, place: Place) -> bool:  # noqa: ARG002
        """Whether so many units are free."""
        return self.place(need) is not None

    def copy(self) -> Self:
        """The same room, to plan in."""
        return type(self)(self.free)

    def least(self, other: Self) -> Self:
        """What is free here and in ``other`` alike."""
        known = [free for free in (self.free, other.free) if free is not None]
        return type(self)(min(known, default=None))

    @property
    def full(self) -> bool:
        """Whether no unit is free."""
        return self.free is not None and self.free <= 0

    @property
    def idle_gpus(self) -> int:
        """Units that nobody has; 0 in a pool without limit."""
        return self.free or 0
