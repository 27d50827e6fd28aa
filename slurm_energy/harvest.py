"""How jobs ended, from accounting into the ledger: also those that ended while we were down."""

from collections.abc import Mapping

from slurm_energy.errors import LedgerError, SlurmError
from slurm_energy.ports import Ledger, QueueReader

EVERY = 60
"""Seconds between two questions to accounting, which slurmdbd answers slowly."""
OVERLAP = 3600
"""Asked again from this long before the last known end: accounting writes some ends late."""
FIRST = 7 * 86_400
"""How far back a new ledger asks."""


class Harvest:
    """Asks every cluster's accounting now and then; what is known already is skipped."""

    def __init__(self, readers: Mapping[str, QueueReader], ledger: Ledger) -> None:
        self._readers = readers
        self._ledger = ledger
        self._due = 0

    def __call__(self, now: int) -> list[str]:
        """Problems met, one line each; nothing is lost, the next time asks for it again."""
        if now < self._due:
            return []
        self._due = now + EVERY
        problems = []
        for cluster, reader in self._readers.items():
            try:
                known = self._ledger.last_end(cluster)
                since = now - FIRST if known is None else known - OVERLAP
                self._ledger.record_ends(reader.ended(since))
            except (SlurmError, LedgerError) as error:
                problems.append(f"{cluster}: how jobs ended is not known: {error}")
        return problems
