"""Predicted watts of jobs on a cluster: GPU type, count and class; own history where there is any.

What nobody can tell is NaN in a column and None elsewhere: a GPU type that is in no table, or none
named on a cluster with several. It then bounds nothing.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import median

import numpy as np
from numpy.typing import NDArray

from slurm_energy.decide.namestem import stem
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.decision import JobEnd
from slurm_energy.model.job import Job, Node, Queue
from slurm_energy.model.power import GpuPower, PowerModel

LEAST_RUNS = 3
"""Runs of a name before they count for more than its class."""
_SHORTEST_RUN = 300
"""Seconds; the energy of a shorter run is loading and the meter's own grain."""
_MOST_SHARE = 1.3
"""A mean draw above so much of the board's limit is another job's energy, or a broken meter."""

_WORDS = re.compile(r"[a-z0-9]+")
"""Found by NVML, types are named like ``nvidia_h100_80gb_hbm3``."""
_SLICE = re.compile(r"\d+g\.\d+gb")
"""A MIG profile such as ``1g.10gb``: not a whole GPU, so only a site can tell what it draws."""

_stem = lru_cache(maxsize=1 << 18)(stem)
"""Remembered: a queue shows the same names turn after turn."""

Group = tuple[str, str]
"""(user, stem of the job's name)."""
History = Mapping[Group, float]
"""Mean draw of a group's runs as a share of full load."""


@dataclass(frozen=True, slots=True)
class Machines:
    """What is known of one cluster's GPUs, for prediction."""

    model: PowerModel
    cluster: str
    gpu_type: str = ""
    """The type of a job that asks for none: the cluster's only one, or the configured one."""

    def gpu(self, asked: str) -> GpuPower | None:
        """The GPU that a job gets that asked for type ``asked`` (empty: any); None: not known."""
        name = (asked or self.gpu_type).lower()
        known = self.model.gpus
        if name in known or _SLICE.search(name):
            return known.get(name)
        return next((known[word] for word in _WORDS.findall(name) if word in known), None)


def machines(queue: Queue, model: PowerModel) -> Machines:
    """One cluster's machines; jobs that name no type get the only one, or the configured one."""
    types = {node.gpu_type for node in queue.nodes if node.gpus}
    only = next(iter(types)) if len(types) == 1 else ""
    return Machines(model, queue.cluster, only or model.untyped.get(queue.cluster, ""))


def watts(
    jobs: Sequence[Job],
    classes: Sequence[WorkloadClass],
    where: Machines,
    history: History | None = None,
) -> NDArray[np.float64]:
    """Mean watts of each job (of one task of an array) while it runs there; shape (jobs,)."""
    return _column(jobs, classes, where, history or {}, idle=False)


def extra_watts(
    jobs: Sequence[Job],
    classes: Sequence[WorkloadClass],
    where: Machines,
    history: History | None = None,
) -> NDArray[np.float64]:
    """The same above what its GPUs draw idle: what starting it adds to the cluster's draw."""
    return _column(jobs, classes, where, history or {}, idle=True)


def at_once(job: Job) -> int:
    """Tasks of it that may run at once; 1 without an array."""
    return job.array_most or max(1, job.array_task_count)


def idle_watts(nodes: Iterable[Node], where: Machines) -> float:
    """Watts of these nodes' GPUs without work; those of types that nobody knows count nothing."""
    known = ((node.gpus, where.gpu(node.gpu_type)) for node in nodes)
    return sum(gpus * gpu.idle for gpus, gpu in known if gpu is not None)


def full_watts(nodes: Iterable[Node], where: Machines) -> float:
    """Watts above idle with every GPU at full load; those of types nobody knows count nothing."""
    usable = [node for node in nodes if node.usable]
    known = ((node.gpus, where.gpu(node.gpu_type)) for node in usable)
    boards = sum(gpus * (gpu.active - gpu.idle) for gpus, gpu in known if gpu is not None)
    return boards + where.model.cpu * sum(node.cpus for node in usable)


def speed_ratio(job: Job, there: Machines, here: Machines) -> float | None:
    """How much faster the job runs there than here (run time there = run / ratio), or None."""
    if not job.gpus:
        return 1.0
    other, own = there.gpu(job.gpu_type), here.gpu(job.gpu_type)
    if other is None or own is None or other.speed is None or own.speed is None:
        return None
    return other.speed / own.speed


def learn(ends: Iterable[JobEnd], where: Mapping[str, Machines]) -> History:
    """What ended runs with energy tell of their users' names; ``where`` by cluster.

    ConsumedEnergy means something only where nodes are not shared, and not every meter counts:
    a mean draw below idle or far above full load is not believed. The median of a group is taken.
    """
    shares: defaultdict[Group, list[float]] = defaultdict(list)
    for end in ends:
        found = _share(end, where.get(end.ran_on))
        if found is not None:
            shares[end.user, _stem(end.name)].append(found)
    return {group: median(found) for group, found in shares.items() if len(found) >= LEAST_RUNS}


def _share(end: JobEnd, where: Machines | None) -> float | None:
    """A run's mean draw as a share of its GPUs' full load; None where it can't be told."""
    gpu = None if where is None else where.gpu("")
    if where is None or gpu is None or not end.gpus or not end.energy:
        return None
    seconds = (end.end or 0) - (end.start or 0)
    if end.start is None or seconds < _SHORTEST_RUN:
        return None
    each = (end.energy / seconds - end.cpus * where.model.cpu) / end.gpus
    share = each / gpu.active
    return share if gpu.idle / gpu.active <= share <= _MOST_SHARE else None


def _column(
    jobs: Sequence[Job],
    classes: Sequence[WorkloadClass],
    where: Machines,
    history: History,
    *,
    idle: bool,
) -> NDArray[np.float64]:
    """Watts a GPU by kind of job, then the counts: kinds are few, jobs are many."""
    kinds: dict[tuple[str, WorkloadClass], float] = {}
    each = np.empty(len(jobs))
    for row, (job, kind) in enumerate(zip(jobs, classes, strict=True)):
        own = history.get((job.user, _stem(job.name))) if history else None
        if own is not None:
            each[row] = _gpu_watts(where.gpu(job.gpu_type), own, idle)
            continue
        key = (job.gpu_type, kind)
        if key not in kinds:
            kinds[key] = _gpu_watts(where.gpu(job.gpu_type), where.model.shares.get(kind), idle)
        each[row] = kinds[key]
    gpus = np.fromiter((job.gpus for job in jobs), dtype=np.float64, count=len(jobs))
    cpus = np.fromiter((job.cpus for job in jobs), dtype=np.float64, count=len(jobs))
    return np.where(gpus > 0, gpus * each, 0.0) + cpus * where.model.cpu


def _gpu_watts(gpu: GpuPower | None, share: float | None, idle: bool) -> float:
    """Watts of one GPU at this share of full load, above idle where asked; NaN: not known."""
    if gpu is None or share is None:
        return float("nan")
    drawn = max(share * gpu.active, gpu.idle)
    return drawn - gpu.idle if idle else drawn
