"""How jobs ended: from accounting into the ledger, and to whoever learns from it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from slurm_energy.errors import LedgerError, SlurmError
from slurm_energy.model.decision import JobEnd
from slurm_energy.model.report import KnownJob
from slurm_energy.ports import Ledger, QueueReader

EVERY = 60
"""Seconds between two questions to accounting, which slurmdbd answers slowly."""
OVERLAP = 3600
"""Asked again from this long before the last known end: accounting writes some ends late."""
FIRST = 86_400
"""How far back a new ledger asks at once; what lies before is recalled by and by."""


class Harvest:
    """How jobs ended, from accounting into the ledger; also of jobs that ended while we were down.

    What is known already is skipped. ``tell`` is given a cluster's ends as well, known or not.
    """

    def __init__(
        self,
        readers: Mapping[str, QueueReader],
        ledger: Ledger,
        tell: Callable[[str, Sequence[JobEnd]], None] | None = None,
    ) -> None:
        self._readers = readers
        self._ledger = ledger
        self._tell = tell
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
                ends = [as_decided(end, self._ledger.find) for end in reader.ended(since)]
                self._ledger.record_ends(ends)
            except (SlurmError, LedgerError) as error:
                problems.append(f"{cluster}: how jobs ended is not known: {error}")
            else:
                if self._tell is not None:
                    self._tell(cluster, ends)
        return problems


def as_decided(end: JobEnd, find: Callable[[int], Sequence[KnownJob]]) -> JobEnd:
    """``end`` under the name its origin decided on; ``find`` asks the ledger for a job id.

    Each cluster's hook notes the submit by its own clock, so a job that ran elsewhere may differ
    by seconds, or by minutes where its sibling was made late. Federated ids are unique: the
    recorded submit nearest in time is the job's. Raises ``LedgerError``.
    """
    if end.ran_on == end.key.cluster:
        return end
    submits = [job.key.submit for job in find(end.key.job_id) if job.key.cluster == end.key.cluster]
    nearest = min(submits, key=lambda submit: abs(submit - end.key.submit), default=None)
    return end if nearest is None else replace(end, key=end.key._replace(submit=nearest))
