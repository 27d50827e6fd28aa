"""What a simulated daemon remembers: the ports of ledger, state and lead, in memory and bounded."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from slurm_energy.ledger.waits import WaitsQuestion
from slurm_energy.model.budget import Spent
from slurm_energy.model.decision import CycleRecord, Decision, JobEnd, Outcome
from slurm_energy.model.held import Held
from slurm_energy.model.job import JobKey
from slurm_energy.model.lease import Lease
from slurm_energy.model.report import KnownJob, Recorded
from slurm_energy.model.series import ClusterSignals
from slurm_energy.ports import Clock
from slurm_energy.simulate.waits import RecentWaits

OVERLAP = 7_200
"""Ends are asked for again within this many seconds; older ones are not told twice."""


class SimulatedLedger:
    """Implements :class:`~slurm_energy.ports.Ledger`: counts, and decisions only if asked for."""

    def __init__(
        self,
        clock: Clock,
        *,
        keep_decisions: bool = False,
        question: WaitsQuestion | None = None,
    ) -> None:
        question = question or WaitsQuestion()
        self.turns = 0
        self.seconds: Counter[str] = Counter()
        """Real seconds by phase of the turn."""
        self.problems: Counter[str] = Counter()
        self.decisions: list[Recorded] = []
        self._clock = clock
        self._keep = keep_decisions
        self._waits = RecentWaits(question.quantile, question.lookback, question.minimum)
        self._known: dict[tuple[JobKey, int | None], int] = {}
        self._last: dict[str, int] = {}
        self._cycle: int | None = None

    def record(
        self,
        cycle: CycleRecord,
        decisions: Iterable[Decision],
        outcomes: Iterable[Outcome],  # noqa: ARG002
    ) -> None:
        """Count one turn."""
        self.turns += 1
        self._cycle = cycle.cycle
        self.seconds.update(cycle.seconds)
        self.problems.update(cycle.problems)
        if self._keep:
            self.decisions += [Recorded(cycle.at, decision) for decision in decisions]

    def record_signals(self, now: int, signals: Mapping[str, ClusterSignals]) -> None:
        """The scene has them already."""

    def available(self) -> bool:
        """Memory is always there."""
        return True

    def usual_waits(self) -> Mapping[tuple[str, int], int]:
        """Usual queue wait in seconds by (partition, width bucket)."""
        return self._waits.get(self._clock.now())

    def record_ends(self, ends: Iterable[JobEnd]) -> None:
        """Learn how jobs ended; one already known is skipped."""
        fresh = [one for one in ends if (one.key, one.start) not in self._known]
        self._waits.add(fresh)
        for one in fresh:
            if one.end is not None:
                self._known[one.key, one.start] = one.end
                self._last[one.ran_on] = max(one.end, self._last.get(one.ran_on, 0))
        self._forget()

    def prune(self, before: int) -> int:
        """Forget decisions older than ``before``; how many."""
        size = len(self.decisions)
        self.decisions = [one for one in self.decisions if one.at >= before]
        return size - len(self.decisions)

    def last_end(self, cluster: str) -> int | None:
        """Until when a cluster's job ends are known."""
        return self._last.get(cluster)

    def last_cycle(self) -> int | None:
        """The newest turn's number."""
        return self._cycle

    def find(self, job_id: int) -> Sequence[KnownJob]:
        """Jobs with kept decisions that had this id, newest first."""
        keys = {one.decision.key for one in self.decisions if one.decision.key.job_id == job_id}
        return [KnownJob(key, None) for key in sorted(keys, key=lambda key: -key.submit)]

    def last_decisions(self, keys: Sequence[JobKey]) -> Mapping[JobKey, Recorded]:
        """The newest kept decision of each of these jobs."""
        wanted = set(keys)
        return {one.decision.key: one for one in self.decisions if one.decision.key in wanted}

    def _forget(self) -> None:
        """Ends are told in order: what is asked for no more stands first."""
        before = self._clock.now() - OVERLAP
        while self._known:
            oldest = next(iter(self._known))
            if self._known[oldest] >= before:
                return
            del self._known[oldest]


class SimulatedSpent:
    """Implements :class:`~slurm_energy.ports.SpentStore`: nobody dies in between."""

    def load(self) -> Mapping[str, Spent]:
        """Nothing: the cycle remembers it."""
        return {}

    def save(self, spent: Mapping[str, Spent]) -> None:
        """Nobody asks for it again."""


class SimulatedHeld:
    """Implements :class:`~slurm_energy.ports.HeldStore`: nobody dies in between."""

    def __init__(self) -> None:
        self._saved: Mapping[JobKey, Held] = {}

    def load(self) -> Mapping[JobKey, Held]:
        """What was saved last."""
        return self._saved

    def save(self, held: Mapping[JobKey, Held]) -> None:
        """Keep it."""
        self._saved = held


class OnlyLead:
    """Implements :class:`~slurm_energy.ports.Lead`: there is no other daemon."""

    def acquire(self) -> bool:
        """Always."""
        return True

    def holding(self) -> bool:
        """Always."""
        return True

    def release(self) -> None:
        """Nobody else takes it."""


class NoTable:
    """Implements :class:`~slurm_energy.ports.TableWriter`: a job is seen as it comes."""

    def write(self, leases: Sequence[Lease], now: int) -> None:
        """No hook reads it."""
