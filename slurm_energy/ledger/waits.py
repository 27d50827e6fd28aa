"""The usual queue wait, asked from the past now and then and remembered in between."""

from collections.abc import Mapping
from dataclasses import dataclass

from slurm_energy.errors import LedgerError
from slurm_energy.ledger import read
from slurm_energy.ledger.session import Session
from slurm_energy.ports import Clock


@dataclass(frozen=True, slots=True)
class WaitsQuestion:
    """What is asked, and how often. Durations in seconds."""

    quantile: float = 0.95
    lookback: int = 14 * 86_400
    minimum: int = 20
    """Fewer samples say nothing about a quantile near one."""
    refresh: int = 900


class UsualWaits:
    """The answer of the last refresh; the one before stays while the database is away."""

    def __init__(self, session: Session, clock: Clock, question: WaitsQuestion) -> None:
        self._session = session
        self._clock = clock
        self._question = question
        self._answer: Mapping[tuple[str, int], int] = {}
        self._due = 0

    def get(self) -> Mapping[tuple[str, int], int]:
        """Seconds by (partition, width bucket); empty while nothing is known. Never raises."""
        now, question = self._clock.now(), self._question
        if now >= self._due:
            since = now - question.lookback
            try:
                self._answer = self._session.run(
                    lambda connection: read.queue_waits(
                        connection, since, question.quantile, question.minimum
                    )
                )
            except LedgerError:
                return self._answer
            self._due = now + question.refresh
        return self._answer
