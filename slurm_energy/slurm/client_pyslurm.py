"""The source that uses pyslurm, in a process of its own."""

from collections.abc import Sequence
from typing import Any, Protocol

from slurm_energy.model.decision import Update
from slurm_energy.model.job import Job, Node
from slurm_energy.slurm import rows
from slurm_energy.slurm.client import Load
from slurm_energy.slurm.pulse import Totals


class Calling(Protocol):
    """What this source needs of a :class:`~slurm_energy.slurm.worker.Worker`."""

    generation: int
    """Counts processes: what an earlier one remembered is gone."""

    def call(self, name: str, *arguments: object) -> Any:
        """The answer of the process's function ``name``. Raises ``SlurmUnavailable``."""

    def close(self) -> None:
        """End the process; the next call starts another."""


class PyslurmSource:
    """Reads and changes one cluster through its worker; only what changed crosses the pipe."""

    def __init__(self, cluster: str, worker: Calling) -> None:
        self._cluster = cluster
        self._worker = worker
        self._generation = 0
        self._jobs: dict[int, Job] = {}
        self._shown: tuple[Job, ...] = ()

    def jobs(self) -> tuple[Job, ...]:
        """Every record of this cluster's slurmctld; the same objects while nothing changed."""
        changed, vanished = self._worker.call("jobs")
        if self._worker.generation != self._generation:
            self._generation = self._worker.generation
            self._jobs.clear()
        elif not changed and not vanished:
            return self._shown
        for job_id in vanished:
            self._jobs.pop(job_id, None)
        for row in changed:
            job = rows.job(self._cluster, rows.Row._make(row))
            self._jobs[job.job_id] = job
        self._shown = tuple(self._jobs.values())
        return self._shown

    def load(self) -> Load:
        """The nodes, GPUs of the usable ones, and the controller's counters."""
        nodes, total, idle, *totals = self._worker.call("load")
        return Load(total, idle, Totals(*totals), tuple(Node(*node) for node in nodes))

    def update(self, updates: Sequence[Update]) -> Sequence[str]:
        """Send them; for each, Slurm's complaint, or empty where it had none."""
        changes = [(update.key.job_id, update.begin, update.site_factor) for update in updates]
        complaints: list[str] = self._worker.call("update", changes)
        return complaints

    def requeue(self, job_id: int) -> str:
        """Send a running job back to the queue; Slurm's complaint, or empty."""
        complaint: str = self._worker.call("requeue", job_id)
        return complaint

    def close(self) -> None:
        """End the worker's process; the next call starts another."""
        self._worker.close()
