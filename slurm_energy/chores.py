"""What a leader does now and then beside deciding: forget what is old."""

from slurm_energy.errors import LedgerError
from slurm_energy.ports import Ledger


class Retention:
    """Rows older than ``keep`` seconds leave the ledger, once an hour and some at a time."""

    def __init__(self, ledger: Ledger, keep: int) -> None:
        self._ledger = ledger
        self._keep = keep
        self._due = 0

    def __call__(self, now: int) -> list[str]:
        """Problems met, one line each."""
        if now < self._due:
            return []
        self._due = now + 3600
        try:
            self._ledger.prune(now - self._keep)
        except LedgerError as error:
            return [f"old rows stay in the ledger: {error}"]
        return []
