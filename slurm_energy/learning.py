"""How run times come to be known: every end as it happens, and by and by what was before us."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from slurm_energy.errors import LedgerError, SlurmError
from slurm_energy.model.contract import Contract
from slurm_energy.model.decision import JobEnd
from slurm_energy.ports import Accounting, RunHistory

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
"""After as long without a turn of ours another leader saw jobs end: the ledger knows of them."""


class Teacher:
    """Teaches each end once.

    ``agreed`` reads the contract out of an ended job's AdminComment.
    """

    def __init__(
        self,
        learn: Callable[[JobEnd, Contract | None], None],
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
            self._learn(end, self._agreed(end.admin_comment))

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
        self._begin(now)
        if now < self._due:
            return []
        try:
            self._recall()
        except (SlurmError, LedgerError) as error:
            self._due = now + AGAIN
            self._piece = max(self._piece // 2, LEAST_PIECE)
            return [f"what ended before {self._open[-1].until} is not recalled yet: {error}"]
        return []

    def _begin(self, now: int) -> None:
        """Look back from now: at first, and over the time in which another led."""
        if self._called is None or now - self._called > AWAY:
            far = now - FAR
            since = far if self._called is None else max(far, self._called)
            self._open.append(_Span(since, now))
            self._teacher.begin(now)
        self._called = now

    def _recall(self) -> None:
        """Go back piece by piece until enough was taught, or accounting was asked."""
        taught, asked = 0, False
        while self._open and taught < MOST and not asked:
            span = self._open[-1]
            since = max(span.until - self._piece, span.since)
            for name in self._readers:
                asked |= self._reach(name, since, span.until)
            for name in self._readers:
                ends = self._ledger.ended_runs(name, since, span.until, MOST)
                self._teacher.past(ends)
                taught += len(ends)
            self._piece = min(self._piece * 2, DAY)
            span.until = since
            if span.until <= span.since:
                self._open.pop()

    def _reach(self, cluster: str, since: int, until: int) -> bool:
        """See that the ledger knows the piece; whether accounting had to be asked for it."""
        first = self._ledger.first_end(cluster)
        if first is not None and first <= since:
            return False
        self._ledger.record_ends(self._readers[cluster].ended(since, until))
        return True
