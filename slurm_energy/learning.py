"""How run times and watts are learned: every end as it happens, by and by what was before."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from slurm_energy.errors import LedgerError, SlurmError
from slurm_energy.harvest import EVERY, OVERLAP, as_decided
from slurm_energy.model.contract import Contract
from slurm_energy.model.decision import JobEnd
from slurm_energy.ports import Accounting, Chore, RunHistory

DAY = 86_400
FAR = 28 * DAY
"""How far back is worth knowing: jobs change, and so do those who submit them."""
LEAST_PIECE = 3600
"""Seconds of accounting asked for at once, at least."""
MOST = 5_000
"""Ends of one piece that are taught, the newest; a turn ends with the piece that reaches it."""
AGAIN = 60
"""Seconds until a question that failed is asked again."""
AWAY = 3600
"""After as long without a turn of ours others saw jobs end: the ledger knows of them."""
LATE = 2 * EVERY
"""Seconds that an end needs at most to come to a follower: the leader's harvest, then ours."""


class Teacher:
    """Teaches each end once, to all of ``learn``.

    ``agreed`` reads the contract out of an ended job's AdminComment.
    """

    def __init__(
        self,
        learn: Sequence[Callable[[JobEnd, Contract | None], None]],
        agreed: Callable[[str], Contract | None],
    ) -> None:
        self._learn = learn
        self._agreed = agreed
        self._since: int | None = None
        self._told: dict[str, frozenset[tuple[int, int | None]]] = {}

    def begin(self, now: int) -> None:
        """From now on ends are news; those before are the past."""
        self._since = now

    def past(self, ends: Sequence[JobEnd]) -> None:
        """Teach all of them."""
        for end in ends:
            contract = self._agreed(end.admin_comment)
            for learn in self._learn:
                learn(end, contract)

    def news(self, cluster: str, ends: Sequence[JobEnd]) -> None:
        """Teach what is new since the last time, of a cluster that tells the last hour again."""
        told = self._told.get(cluster, frozenset())
        self._told[cluster] = frozenset((end.key.job_id, end.start) for end in ends)
        if self._since is not None:
            since = self._since
            self.past(
                [
                    end
                    for end in ends
                    if (end.end or 0) >= since and (end.key.job_id, end.start) not in told
                ]
            )


@dataclass(slots=True)
class _Span:
    """Time that is still to be recalled, from its end backwards."""

    since: int
    until: int


class Recall:
    """A chore: what ended before our first turn, the newest first, some of it in each turn.

    The ledger is asked; where it does not reach back far enough, accounting is, a day at a time
    and once a turn, and the ledger keeps the answer. A piece that accounting can't tell in time is
    halved. Stands behind the harvest, which brings the ledger up to now.
    """

    def __init__(
        self, readers: Mapping[str, Accounting], ledger: RunHistory, teacher: Teacher
    ) -> None:
        self._readers = readers
        self._ledger = ledger
        self._teacher = teacher
        self._called: int | None = None
        self._open: list[_Span] = []
        self._piece = DAY
        self._due = 0

    def __call__(self, now: int) -> list[str]:
        """Problems met, one line each; the same piece is asked for again."""
        self._begin(now, now)
        return self._go_back(now, self._reach)

    def follow(self, now: int) -> list[str]:
        """The same for who does not lead: only what the leader has brought into the ledger."""
        self._begin(now, now - LATE)
        return self._go_back(now, self._reached)

    def _begin(self, now: int, until: int) -> None:
        """Look back from ``until``: at first, and over a time in which we were away."""
        if self._called is None or now - self._called > AWAY:
            far = now - FAR
            since = far if self._called is None else max(far, self._called)
            self._open.append(_Span(since, until))
            self._teacher.begin(until)
        self._called = now

    def _go_back(self, now: int, reach: Callable[[int, int], tuple[int, bool]]) -> list[str]:
        """Piece by piece until enough was taught, or the rest has to wait; problems met."""
        if now < self._due:
            return []
        taught, enough = 0, False
        try:
            while self._open and taught < MOST and not enough:
                span = self._open[-1]
                since, enough = reach(max(span.until - self._piece, span.since), span.until)
                taught += self._teach(since, span.until)
                self._piece = min(self._piece * 2, DAY)
                span.until = since
                if span.until <= span.since:
                    self._open.pop()
        except (SlurmError, LedgerError) as error:
            self._due = now + AGAIN
            self._piece = max(self._piece // 2, LEAST_PIECE)
            return [f"what ended before {self._open[-1].until} is not recalled yet: {error}"]
        return []

    def _teach(self, since: int, until: int) -> int:
        """Teach what the ledger knows of the piece; how many ends."""
        taught = 0
        for name in self._readers:
            ends = self._ledger.ended_runs(name, since, until, MOST)
            self._teacher.past(ends)
            taught += len(ends)
        return taught

    def _reach(self, since: int, until: int) -> tuple[int, bool]:
        """See that the ledger knows the piece; whether accounting had to be asked for it."""
        asked = [self._ask(name, since, until) for name in self._readers]
        return since, any(asked)

    def _reached(self, since: int, until: int) -> tuple[int, bool]:
        """How far back into the piece the ledger reaches, and whether that is not all of it."""
        firsts = [self._ledger.first_end(name) for name in self._readers]
        first = max((known for known in firsts if known is not None), default=until)
        return max(since, min(first, until)), first > since

    def _ask(self, cluster: str, since: int, until: int) -> bool:
        """Whether accounting had to be asked: the ledger did not reach back far enough."""
        first = self._ledger.first_end(cluster)
        if first is not None and first <= since:
            return False
        ends = self._readers[cluster].ended(since, until)
        self._ledger.record_ends([as_decided(end, self._ledger.find) for end in ends])
        return True


class Overheard:
    """A chore: ends that the leader's harvest brought into the ledger are news to a follower."""

    def __init__(self, clusters: Iterable[str], ledger: RunHistory, teacher: Teacher) -> None:
        self._clusters = tuple(clusters)
        self._ledger = ledger
        self._teacher = teacher
        self._due = 0

    def __call__(self, now: int) -> list[str]:
        """Problems met, one line each; nothing is lost, the next time asks for it again."""
        if now < self._due:
            return []
        self._due = now + EVERY
        try:
            for name in self._clusters:
                last = self._ledger.last_end(name)
                if last is not None:
                    since = last - OVERLAP
                    self._teacher.news(name, self._ledger.ended_runs(name, since, last + 1, MOST))
        except LedgerError as error:
            return [f"how jobs ended is not known: {error}"]
        return []


class Lessons:
    """Implements :class:`~slurm_energy.ports.Lessons`: who follows knows what the leader knows."""

    def __init__(self, harvest: Chore, recall: Recall, overheard: Chore) -> None:
        self._harvest = harvest
        self._recall = recall
        self._overheard = overheard

    def __call__(self, now: int, *, leading: bool) -> list[str]:
        """Problems met, one line each."""
        if leading:
            return [*self._harvest(now), *self._recall(now)]
        return [*self._recall.follow(now), *self._overheard(now)]
