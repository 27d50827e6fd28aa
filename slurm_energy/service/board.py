"""What the process knows of itself: the last turn, and counts since its start."""

from collections import Counter
from dataclasses import dataclass, field

from slurm_energy.decide.rules.guard import Subject
from slurm_energy.model.job import JobKey
from slurm_energy.turn import Turn


@dataclass(slots=True)
class Board:
    """Written by the loop, read by the threads that answer.

    A turn is put up when it is complete and not changed afterwards, and putting it up is one
    assignment: readers need no lock and see one turn whole.
    """

    started: int
    """When this process started; seconds since the epoch."""
    turn: Turn | None = None
    cycles: int = 0
    failures: int = 0
    updates: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By (cluster, fate)."""
    skipped: Counter[str] = field(default_factory=Counter)
    """Wanted changes left for a later turn, by cluster."""
    leases: Counter[str] = field(default_factory=Counter)
    """Begin-time leases of the submit hook, seen on jobs submitted since ``started``."""
    stops: Counter[str] = field(default_factory=Counter)
    """Running jobs that came back to the queue through us, by cluster."""
    _stopped: dict[JobKey, int] = field(default_factory=dict)
    """Stops of the jobs that the last turn saw."""
    _leased: frozenset[JobKey] = frozenset()

    def completed(self, turn: Turn) -> None:
        """Count a turn and put it up."""
        self.cycles += 1
        for outcome in turn.outcomes:
            self.updates[outcome.update.key.cluster, outcome.fate.value] += 1
        for cluster, batch in turn.batches.items():
            self.skipped[cluster] += batch.skipped
        self._count_leases(turn)
        self._count_stops(turn)
        self.turn = turn

    def failed(self) -> None:
        """Count a turn that raised; the last complete one stays up."""
        self.failures += 1

    def _count_leases(self, turn: Turn) -> None:
        subjects = [subject for plan in turn.plans.values() for subject in plan.subjects]
        leased = {subject.key for subject in subjects if self._is_new_lease(subject)}
        for key in leased - self._leased:
            self.leases[key.cluster] += 1
        unread = {key for key in self._leased if key.cluster not in turn.plans}
        self._leased = frozenset(leased | unread)

    def _count_stops(self, turn: Turn) -> None:
        """A job first seen with stops behind it tells nothing of when they were."""
        seen = {
            subject.key: subject.held.stops
            for plan in turn.plans.values()
            for subject in plan.subjects
        }
        for key, stops in seen.items():
            self.stops[key.cluster] += max(0, stops - self._stopped.get(key, stops))
        kept = {key: count for key, count in self._stopped.items() if key.cluster not in turn.plans}
        self._stopped = kept | seen

    def _is_new_lease(self, subject: Subject) -> bool:
        return subject.annotation.lease > 0 and subject.key.submit >= self.started
