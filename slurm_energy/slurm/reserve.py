"""A source with another in reserve, for who must reach Slurm by any way."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from slurm_energy.errors import SlurmError
from slurm_energy.model.decision import Update
from slurm_energy.model.job import Job
from slurm_energy.slurm.client import Load, Source

T = TypeVar("T")


class Reserve:
    """Implements :class:`~slurm_energy.slurm.client.Source`: the first, then the second for good.

    libslurm shows more than the commands do, such as the SiteFactor of a job that is not eligible
    yet; the commands need nothing that was built for this Slurm. What the first was asked when it
    failed is asked again of the second: every update may be sent twice.
    """

    def __init__(self, first: Source, second: Source) -> None:
        self._first: Source | None = first
        self._second = second

    def jobs(self) -> tuple[Job, ...]:
        """Every record of this cluster's own slurmctld."""
        return self._ask(lambda source: source.jobs())

    def load(self) -> Load:
        """The nodes, GPUs of the usable ones, and the controller's counters."""
        return self._ask(lambda source: source.load())

    def update(self, updates: Sequence[Update]) -> Sequence[str]:
        """Send them; for each, Slurm's complaint, or empty where it had none."""
        return self._ask(lambda source: source.update(updates))

    def requeue(self, job_id: int) -> str:
        """Send a running job back to the queue; Slurm's complaint, or empty."""
        return self._ask(lambda source: source.requeue(job_id))

    def close(self) -> None:
        """Give back what either holds."""
        for source in (self._first, self._second):
            if source is not None:
                source.close()

    def _ask(self, question: Callable[[Source], T]) -> T:
        if self._first is not None:
            try:
                return question(self._first)
            except SlurmError:
                self._first.close()
                self._first = None
        return question(self._second)
