"""Free resources node by node: first fit, nodes that are awake before those that must boot."""

from collections.abc import Iterable, Iterator
from typing import Self

from slurm_energy.simulate.cluster.room import Busy, Need, Place

_GONE = 1 << 40
"""Taken from a node that is down: nothing fits, and what its jobs free later changes nothing."""


class NodeRoom:
    """GPUs and CPUs that are free on each node.

    ``asleep`` is shared by all copies: it only says which node is taken last.
    """

    __slots__ = ("_asleep", "_cpus", "_gpus")

    def __init__(self, gpus: list[int], cpus: list[int], asleep: set[int]) -> None:
        self._gpus = gpus
        self._cpus = cpus
        self._asleep = asleep

    def place(self, need: Need) -> Place | None:
        """The first nodes on which it fits; None where it does not."""
        return self.first_of(need, self.fitting(need))

    def place_beside(self, need: Need, other: Self) -> Place | None:
        """The first nodes on which it fits here and in ``other`` alike."""
        there = set(other.fitting(need))
        return self.first_of(need, (node for node in self.fitting(need) if node in there))

    def once_free(self, need: Need, busy: Iterable[Busy]) -> tuple[int, Place, Self] | None:
        """When ``need`` fits as these end; where, and the room then."""
        later = self.copy()
        fitting = set(later.fitting(need))
        for one in busy:
            later.give(one.need, one.place)
            fitting.update(node for node in one.place if later.fits_at(need, (node,)))
            if len(fitting) >= need.nodes:
                place = later.first_of(need, sorted(fitting))
                return None if place is None else (one.end, place, later)
        return None

    def take(self, need: Need, place: Place) -> None:
        """Occupy the need's share of each node."""
        for node in place:
            self._gpus[node] -= need.gpus
            self._cpus[node] -= need.cpus

    def give(self, need: Need, place: Place) -> None:
        """Free the need's share of each node."""
        for node in place:
            self._gpus[node] += need.gpus
            self._cpus[node] += need.cpus

    def fits_at(self, need: Need, place: Place) -> bool:
        """Whether these very nodes have room."""
        return all(
            self._gpus[node] >= need.gpus and self._cpus[node] >= need.cpus for node in place
        )

    def copy(self) -> Self:
        """The same room, to plan in."""
        return type(self)(self._gpus.copy(), self._cpus.copy(), self._asleep)

    def least(self, other: Self) -> Self:
        """What is free here and in ``other`` alike, node by node."""
        gpus = list(map(min, self._gpus, other._gpus))
        cpus = list(map(min, self._cpus, other._cpus))
        return type(self)(gpus, cpus, self._asleep)

    def lose(self, node: int) -> None:
        """The node is down: nothing fits there."""
        self._gpus[node] -= _GONE
        self._cpus[node] -= _GONE

    def regain(self, node: int) -> None:
        """The node is back."""
        self._gpus[node] += _GONE
        self._cpus[node] += _GONE

    @property
    def full(self) -> bool:
        """Whether no node has anything free."""
        return max(self._gpus) <= 0 and max(self._cpus) <= 0

    @property
    def idle_gpus(self) -> int:
        """GPUs that nobody has, on nodes that are not down."""
        return sum(gpus for gpus in self._gpus if gpus > 0)

    def fitting(self, need: Need) -> Iterator[int]:
        """Every node that has room for one share of it."""
        for node, gpus in enumerate(self._gpus):
            if gpus >= need.gpus and self._cpus[node] >= need.cpus:
                yield node

    def first_of(self, need: Need, fitting: Iterable[int]) -> Place | None:
        """The first nodes that are awake; those that sleep only where these don't suffice."""
        awake: list[int] = []
        asleep: list[int] = []
        for node in fitting:
            (asleep if node in self._asleep else awake).append(node)
            if len(awake) == need.nodes:
                return tuple(awake)
        found = (awake + asleep)[: need.nodes]
        return tuple(found) if len(found) == need.nodes else None
