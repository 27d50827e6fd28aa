"""Run times learned as the play goes on: nothing is known that has not ended."""

from collections.abc import Iterable, Sequence

from slurm_energy.decide.durations.runtimes import History
from slurm_energy.decide.durations.shapes import Shapes
from slurm_energy.learning import Teacher
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.decision import JobEnd
from slurm_energy.model.job import Job
from slurm_energy.simulate.agreement import TraceAgreement
from slurm_energy.simulate.trace import TraceJob


class OnlineRuns:
    """Implements :class:`.RunTimes` as the daemon does, from ends.

    Hand ``tell`` to :func:`~slurm_energy.simulate.run.simulate` together with it.
    """

    def __init__(self, jobs: Iterable[TraceJob], typical_run: int) -> None:
        self._history = History(typical_run)
        self._teacher = Teacher((self._history.learn,), TraceAgreement(jobs).contract)
        self._teacher.begin(0)

    def shapes(
        self, jobs: Sequence[Job], classes: Sequence[WorkloadClass], slot: int, slots: int
    ) -> Shapes:
        """The distribution of each job's whole run time, from those that ended so far."""
        return self._history.shapes(jobs, classes, slot, slots)

    def tell(self, cluster: str, ends: Sequence[JobEnd]) -> None:
        """Learn from those that were not told before."""
        self._teacher.news(cluster, ends)
