"""What a cluster can give in each slot, and what jobs take of it: GPUs, CPUs, watts, memory.

The congestion price is the dual of these limits. Only counts are compared: whether a job finds its
GPUs on one node is Slurm's affair.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from slurm_energy.decide.power.watts import Machines, idle_watts
from slurm_energy.model.job import Job, Node, Queue, Reservation
from slurm_energy.model.power import PowerLimit

Amounts = NDArray[np.float64]
Whole = NDArray[np.int64]

_MANY = 1e9
"""More tasks than any array has."""


class Resource(StrEnum):
    """What can run out; the value is its unit."""

    GPUS = "GPUs"
    CPUS = "CPUs"
    WATTS = "W"
    MEMORY = "MiB"


@dataclass(frozen=True, slots=True)
class Capacity:
    """Limits by slot; a column per resource that limits anything."""

    start: int
    """Seconds since the epoch, a multiple of ``slot``, as the price curves have it."""
    slot: int
    resources: tuple[Resource, ...]
    limit: Amounts
    """Shape (slots, resources). A pool without limit has no column."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """What jobs ask for; a column per field, shape (jobs,)."""

    gpus: Whole
    cpus: Whole
    memory: Whole
    """MiB; 0: Slurm shows none."""
    tasks: Whole
    """That wait; 1 without an array."""
    at_once: Whole
    """Tasks that its own limit lets run at once."""


def sizes(jobs: Sequence[Job]) -> Sizes:
    """What these jobs ask for."""
    tasks = _whole(max(1, job.array_task_count) for job in jobs)
    most = _whole(job.array_most or 0 for job in jobs)
    return Sizes(
        _whole(job.gpus for job in jobs),
        _whole(job.cpus for job in jobs),
        _whole(job.memory or 0 for job in jobs),
        tasks,
        np.where(most > 0, most, tasks),
    )


@dataclass(frozen=True, slots=True)
class Demand:
    """What jobs take while they run; rows are jobs."""

    width: Amounts
    """Shape (jobs, resources): what must be free at one moment for the job, or one task of it."""
    tasks: NDArray[np.int64]
    """Shape (jobs,): tasks that may run at once; 1 without an array, 0 where not even one fits."""
    waves: NDArray[np.int64]
    """Shape (jobs,): how often over, until the last task has run; 1 without an array."""

    @property
    def total(self) -> Amounts:
        """What the job takes with all tasks that may run at once; shape (jobs, resources)."""
        return np.asarray(self.width * self.tasks[:, np.newaxis], dtype=np.float64)


def capacity(
    queue: Queue,
    now: int,
    slot: int,
    slots: int,
    power: PowerLimit | None = None,
    where: Machines | None = None,
) -> Capacity:
    """What the cluster can give to all jobs together, in each of ``slots`` from now's on.

    Nodes that are down or drained count nothing; those of a reservation nothing in every slot that
    it touches. A pool without nodes has GPUs only. Watts are counted above the idle draw, which
    is there whatever runs: ``power`` (None, or without any limit in these slots: no column) less
    its base, or less what the GPUs of ``where`` draw idle.
    """
    first = now - now % slot
    starts = first + slot * np.arange(slots, dtype=np.int64)
    usable = [node for node in queue.nodes if node.usable]
    columns = _of_nodes(usable, queue.reservations, starts, slot) if queue.nodes else {}
    if not queue.nodes and queue.gpus_total:
        columns[Resource.GPUS] = np.full(slots, float(queue.gpus_total))
    watts = None if power is None else _watts(power, queue.nodes, where, starts, slot)
    if watts is not None:
        columns[Resource.WATTS] = watts
    names = tuple(name for name in Resource if name in columns)
    limit = np.stack([columns[name] for name in names], axis=1) if names else np.zeros((slots, 0))
    return Capacity(first, slot, names, np.ascontiguousarray(limit))


def demand(jobs: Sequence[Job], known: Capacity, watts: Amounts | None = None) -> Demand:
    """What each job takes of what ``known`` limits.

    ``watts`` is :func:`~.watts.extra_watts` of the same jobs (NaN: not known,
    so it takes none). Of an array no more tasks run at once than its own ``%`` limit lets, nor
    than fit the widest slot. A job wider than every slot can't run at all in what we see: its
    ``tasks`` are 0, so that it takes nothing and no price is paid for what will not happen.
    """
    return demand_of(sizes(jobs), known, watts)


def demand_of(asked: Sizes, known: Capacity, watts: Amounts | None = None) -> Demand:
    """The same of columns."""
    columns = [_column(asked, name, watts) for name in known.resources]
    width = np.stack(columns or [np.zeros(len(asked.gpus))], 1)
    if not known.resources:
        width = width[:, :0]
    most = known.limit.max(axis=0, initial=0.0)
    times = np.divide(most, width, where=width > 0, out=np.full(width.shape, _MANY))
    fit = np.floor(times.min(axis=1, initial=_MANY)).astype(np.int64)
    tasks = np.minimum(np.minimum(asked.tasks, asked.at_once), fit)
    return Demand(width, tasks, -(-asked.tasks // np.maximum(tasks, 1)))


def reachable(known: Capacity, full: float) -> Capacity:
    """The same, where a slot without a limit of watts has ``full``: more can't be drawn anyway.

    So a share of the watts means the same in and beside a grid event. ``full`` 0: not known.
    """
    if full <= 0 or Resource.WATTS not in known.resources:
        return known
    column = known.resources.index(Resource.WATTS)
    limit = known.limit.copy()
    limit[np.isinf(limit[:, column]), column] = full
    return replace(known, limit=limit)


def fits(known: Capacity, width: Amounts) -> NDArray[np.bool_]:
    """In which slots a job of this width (resources,) has room if nothing else ran; (slots,)."""
    return np.asarray((known.limit >= width).all(axis=1))


def _of_nodes(
    nodes: Sequence[Node], reservations: Sequence[Reservation], starts: NDArray[np.int64], slot: int
) -> dict[Resource, Amounts]:
    """GPUs, CPUs and memory by slot: sums over the nodes that no reservation has."""
    sizes = np.array([(n.gpus, n.cpus, n.memory) for n in nodes], dtype=np.float64).reshape(-1, 3)
    free = np.tile(sizes.sum(axis=0), (len(starts), 1))
    for first, after, taken in _phases(reservations, starts, slot):
        away = np.array([node.name in taken for node in nodes], dtype=bool)
        free[first:after] -= sizes[away].sum(axis=0)
    return {
        Resource.GPUS: free[:, 0],
        Resource.CPUS: free[:, 1],
        Resource.MEMORY: free[:, 2],
    }


def _phases(
    reservations: Sequence[Reservation], starts: NDArray[np.int64], slot: int
) -> list[tuple[int, int, set[str]]]:
    """(first slot, slot after the last, nodes taken) for each stretch with the same nodes taken.

    Reservations may overlap in time and share nodes, and a node can be taken but once.
    """
    spans = [
        (
            int(np.searchsorted(starts + slot, held.start, side="right")),
            int(np.searchsorted(starts, held.end, side="left")),
            held.nodes,
        )
        for held in reservations
    ]
    edges = sorted({edge for first, after, _ in spans if first < after for edge in (first, after)})
    return [
        (
            low,
            high,
            {name for first, after, nodes in spans if first <= low < after for name in nodes},
        )
        for low, high in pairwise(edges)
    ]


def _watts(
    power: PowerLimit,
    nodes: Sequence[Node],
    where: Machines | None,
    starts: NDArray[np.int64],
    slot: int,
) -> Amounts | None:
    """Watts above idle by slot, the lowest that holds at any moment of it; inf where none does."""
    base = power.base
    if base is None:
        base = 0.0 if where is None else idle_watts((n for n in nodes if n.usable), where)
    most = np.full(len(starts), np.inf if power.contract is None else power.contract)
    for event in power.events:
        within = (starts < event.end) & (starts + slot > event.start)
        most[within] = np.minimum(most[within], event.watts)
    return None if np.isinf(most).all() else np.maximum(most - base, 0.0)


def _column(asked: Sizes, name: Resource, watts: Amounts | None) -> Amounts:
    """One resource of every job, for one task."""
    if name is Resource.WATTS:
        return np.zeros(len(asked.gpus)) if watts is None else np.nan_to_num(watts, nan=0.0)
    if name is Resource.GPUS:
        return asked.gpus.astype(np.float64)
    if name is Resource.CPUS:
        return asked.cpus.astype(np.float64)
    return asked.memory.astype(np.float64)


def _whole(values: Iterable[int]) -> NDArray[np.int64]:
    return np.fromiter(values, dtype=np.int64)
