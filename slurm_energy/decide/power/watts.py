"""Predicted watts of jobs on a cluster: GPU type, count and class; own history where there is any.

What nobody can tell is NaN in a column and None elsewhere: a GPU type that is in no table, or none
named on a cluster with several. It then bounds nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slurm_energy.decide.gpus.boards import known_as
from slurm_energy.decide.power.watthistory import Measured, WattHistory
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.job import Job, Node, Queue
from slurm_energy.model.power import GpuPower, PowerModel

_MOST_SHARE = 1.3
"""A mean draw above so much of the board's limit is another job's energy, or a broken meter."""


@dataclass(frozen=True, slots=True)
class Machines:
    """What is known of one cluster's GPUs, for prediction."""

    model: PowerModel
    cluster: str
    gpu_type: str = ""
    """The type of a job that asks for none: the cluster's only one, or the configured one."""
    history: WattHistory | None = None
    """What ended jobs drew; None: the prior stands."""

    def gpu(self, asked: str) -> GpuPower | None:
        """The GPU that a job gets that asked for type ``asked`` (empty: any); None: not known."""
        known = self.model.gpus
        return known.get(known_as(asked or self.gpu_type, known))

    def measured(self, job: Job, kind: WorkloadClass) -> Measured | None:
        """What jobs like this one drew here, where that is believed; None: nobody knows."""
        found = None if self.history is None or not job.gpus else self.history.of(job, kind)
        gpu = None if found is None else self.gpu(job.gpu_type)
        if found is None or gpu is None:
            return None
        return found if gpu.idle <= self._of_gpus(found) <= _MOST_SHARE * gpu.active else None

    def share(self, job: Job, kind: WorkloadClass) -> float | None:
        """The measured mean draw as a share of the GPU's full load, or None."""
        found, gpu = self.measured(job, kind), self.gpu(job.gpu_type)
        return None if found is None or gpu is None else self._of_gpus(found) / gpu.active

    def _of_gpus(self, found: Measured) -> float:
        """W of one GPU alone: what its job's CPUs draw is taken off."""
        return found.watts_per_gpu - found.cpus_per_gpu * self.model.cpu


def machines(queue: Queue, model: PowerModel, history: WattHistory | None = None) -> Machines:
    """One cluster's machines; jobs that name no type get the only one, or the configured one."""
    types = {node.gpu_type for node in queue.nodes if node.gpus}
    only = next(iter(types)) if len(types) == 1 else ""
    return Machines(model, queue.cluster, only or model.untyped.get(queue.cluster, ""), history)


def watts(
    jobs: Sequence[Job], classes: Sequence[WorkloadClass], where: Machines
) -> NDArray[np.float64]:
    """Mean watts of each job (of one task of an array) while it runs there; shape (jobs,)."""
    return _column(jobs, classes, where, idle=False)


def extra_watts(
    jobs: Sequence[Job], classes: Sequence[WorkloadClass], where: Machines
) -> NDArray[np.float64]:
    """The same above what its GPUs draw idle: what starting it adds to the cluster's draw."""
    return _column(jobs, classes, where, idle=True)


def learned_from(job: Job, kind: WorkloadClass, where: Machines) -> str:
    """What the prediction rests on, in words."""
    found = where.measured(job, kind)
    if found is not None:
        return f"{found.group} ({found.runs} ended jobs)"
    return "the data sheet and its class, since no energy of jobs like it is known"


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


def _column(
    jobs: Sequence[Job], classes: Sequence[WorkloadClass], where: Machines, *, idle: bool
) -> NDArray[np.float64]:
    """Watts a GPU by kind of job, then the counts: kinds are few, jobs are many."""
    kinds: dict[tuple[str, WorkloadClass], float] = {}
    each = np.empty(len(jobs))
    for row, (job, kind) in enumerate(zip(jobs, classes, strict=True)):
        own = where.share(job, kind)
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
