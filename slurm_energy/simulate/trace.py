"""What traces are read into: jobs with the run time that only the simulated cluster may know."""

from collections.abc import Sequence
from dataclasses import dataclass

from slurm_energy.model.contract import WorkloadClass


@dataclass(frozen=True, slots=True)
class TraceJob:
    """One job of a trace. Times are seconds; what the trace does not say is empty or None."""

    number: int
    """From 1 in order of submission: the job id in the simulated cluster."""
    submit: int
    """After the trace's start as read; since the epoch once placed in a scene."""
    run: int
    """True run time (of each task): the simulated cluster and the oracle know it, nobody else."""
    gpus: int
    """Units of the pool; on nodes, GPUs in all."""
    cpus: int = 0
    nodes: int = 1
    user: str = ""
    account: str = ""
    name: str = ""
    partition: str = ""
    workload_class: WorkloadClass | None = None
    limit: int | None = None
    """Time limit; None: none was given."""
    deadline: int | None = None
    """Finish by, on the same clock as ``submit``."""
    max_delay: int | None = None
    """Longest wait that we may add; None: its class's default."""
    tasks: int = 1
    """Tasks of an array, each as described; the promise holds for the last."""
    interruptible: bool = False
    movable: bool = False
    """May run on the secondary cluster as well."""


@dataclass(frozen=True, slots=True)
class Trace:
    """Jobs in order of submission, and what was not taken."""

    jobs: tuple[TraceJob, ...]
    source: str
    skipped: int = 0
    """Malformed rows that were skipped because the caller asked so."""
    never_ran: int = 0
    """Jobs that never ran, or had not ended: there is no run time to play."""
    cut: int = 0
    """Runs longer than their time limit: they end at it here, as slurmctld would end them."""


def span(jobs: Sequence[TraceJob]) -> int:
    """Seconds from the first submission to the last; 0 for none."""
    return jobs[-1].submit - jobs[0].submit if jobs else 0
