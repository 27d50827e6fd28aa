"""What a site computes on: a pool of units, or nodes with their power."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from slurm_energy.model.job import Node
from slurm_energy.simulate.cluster.diary import Diary
from slurm_energy.simulate.cluster.nodes import NodeRoom
from slurm_energy.simulate.cluster.room import Need, Place, PoolRoom
from slurm_energy.simulate.events import EventHeap
from slurm_energy.simulate.scene import Nodes, Pool, PowerDown
from slurm_energy.simulate.schedule import NodeOff
from slurm_energy.simulate.trace import TraceJob

MEMORY = 8 * 1024
"""MiB for each CPU of a node: traces say nothing of memory, so it never binds."""


class Power(Protocol):
    """Whether the nodes of a job are up."""

    def open(self, now: int) -> None:
        """The site begins: everything is idle."""

    def occupy(self, place: Place, now: int) -> int:
        """Use these nodes; when all of them are up."""

    def vacate(self, idle: Sequence[int], now: int) -> None:
        """Nobody uses these nodes any more."""

    def close(self, end: int) -> None:
        """The site ends: tell what is dark until then."""


class AlwaysOn:
    """Nothing is ever powered down."""

    def open(self, now: int) -> None:
        """Nothing to do."""

    def occupy(self, place: Place, now: int) -> int:  # noqa: ARG002
        """At once."""
        return now

    def vacate(self, idle: Sequence[int], now: int) -> None:
        """Nothing to do."""

    def close(self, end: int) -> None:
        """Nothing to tell."""


class PowerSaving:
    """Idle nodes go down after a while, and boot when a job is placed on them."""

    def __init__(
        self, site: int, count: int, rule: PowerDown, events: EventHeap, diary: Diary
    ) -> None:
        self.asleep: set[int] = set()
        self._site = site
        self._rule = rule
        self._events = events
        self._diary = diary
        self._idle_since: list[int | None] = [None] * count
        self._off = [0] * count
        self._up = [0] * count

    def open(self, now: int) -> None:
        """The site begins: everything is idle."""
        self.vacate(range(len(self._up)), now)

    def occupy(self, place: Place, now: int) -> int:
        """Use these nodes; when all of them are up."""
        for node in place:
            self._idle_since[node] = None
            if node in self.asleep:
                self.asleep.remove(node)
                self._up[node] = now + self._rule.boot
                dark = NodeOff(self._site, node, self._off[node], now, self._up[node])
                self._diary.dark.append(dark)
        return max([now, *(self._up[node] for node in place)])

    def vacate(self, idle: Sequence[int], now: int) -> None:
        """These nodes go down unless somebody uses them meanwhile."""
        for node in idle:
            self._idle_since[node] = now
            self._events.at(now + self._rule.after, self._sleep, node, now)

    def close(self, end: int) -> None:
        """The site ends: tell what is dark until then."""
        for node in sorted(self.asleep):
            if self._off[node] < end:
                self._diary.dark.append(NodeOff(self._site, node, self._off[node], end, end))

    def _sleep(self, node: int, since: int) -> None:
        if self._idle_since[node] == since:
            self.asleep.add(node)
            self._off[node] = since + self._rule.after


class Machines(Protocol):
    """One site's machines: their room, and what becomes of them."""

    names: tuple[str, ...]
    gpus: int
    nodes: tuple[Node, ...]
    """As Slurm shows them; empty for a pool."""

    @property
    def room(self) -> PoolRoom | NodeRoom:
        """What is free now."""

    def need(self, job: TraceJob) -> Need:
        """What one task of the job takes."""

    def occupy(self, need: Need, place: Place, now: int) -> int:
        """Take the place; when the run can begin there."""

    def vacate(self, need: Need, place: Place, now: int) -> None:
        """Free the place."""


class PoolMachines:
    """Units without nodes."""

    def __init__(self, site: str, pool: Pool) -> None:
        self.names: tuple[str, ...] = (f"{site}-pool",)
        self.gpus = pool.units or 0
        self.nodes: tuple[Node, ...] = ()
        self.room = PoolRoom(pool.units)

    def need(self, job: TraceJob) -> Need:
        """As many units as the job has GPUs."""
        return Need(1, job.gpus, 0)

    def occupy(self, need: Need, place: Place, now: int) -> int:
        """Take units; the run begins at once."""
        self.room.take(need, place)
        return now

    def vacate(self, need: Need, place: Place, now: int) -> None:  # noqa: ARG002
        """Free units."""
        self.room.give(need, place)


class NodeMachines:
    """Equal nodes; a job wider than one gets an equal share of several."""

    def __init__(self, site: str, nodes: Nodes, power: AlwaysOn | PowerSaving) -> None:
        self.names = tuple(f"{site}{number}" for number in range(nodes.count))
        self.gpus = nodes.count * nodes.gpus
        memory = nodes.cpus * MEMORY
        self.nodes = tuple(
            Node(name, nodes.cpus, memory, nodes.gpus, nodes.gpu_type) for name in self.names
        )
        self._size = nodes
        self._power = power
        asleep = power.asleep if isinstance(power, PowerSaving) else set()
        self.room = NodeRoom([nodes.gpus] * nodes.count, [nodes.cpus] * nodes.count, asleep)
        self._users = [0] * nodes.count

    def need(self, job: TraceJob) -> Need:
        """The job's share of each of its nodes, which are as many as it asks for or needs."""
        wide = max(
            1, job.nodes, _shares(job.gpus, self._size.gpus), _shares(job.cpus, self._size.cpus)
        )
        return Need(wide, -(-job.gpus // wide), -(-job.cpus // wide))

    def occupy(self, need: Need, place: Place, now: int) -> int:
        """Take the place; the run begins once its nodes are up."""
        self.room.take(need, place)
        for node in place:
            self._users[node] += 1
        return self._power.occupy(place, now)

    def lose(self, node: int) -> None:
        """The node is down."""
        self.room.lose(node)
        self._show(node, usable=False)

    def regain(self, node: int) -> None:
        """The node is back."""
        self.room.regain(node)
        self._show(node, usable=True)

    def _show(self, node: int, *, usable: bool) -> None:
        shown = list(self.nodes)
        shown[node] = replace(shown[node], usable=usable)
        self.nodes = tuple(shown)
        self.gpus = sum(one.gpus for one in shown if one.usable)

    def vacate(self, need: Need, place: Place, now: int) -> None:
        """Free the place."""
        self.room.give(need, place)
        for node in place:
            self._users[node] -= 1
        self._power.vacate([node for node in place if not self._users[node]], now)


def _shares(wanted: int, each: int) -> int:
    """How many nodes it takes; nothing fits where a node has none, and then one says so too."""
    return -(-wanted // each) if each else 1
