"""What accounts wait, and would wait if only their queue were known, kept from turn to turn.

A job spares its account what it goes before ``due``, and takes what it waits beyond. While it is
pending that is an intention; once it went it stays in the account's sums, which fade to 1/e in 28
days. Two sums are kept, of jobs and of their tasks: an array is one job and many tasks, and neither
mean is to rise. A daemon begins with empty sums, so what accounts had left is lost at a restart.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import exp
from typing import NamedTuple

import numpy as np

from slurm_energy.decide.columns.kept import copied, taken
from slurm_energy.decide.columns.rows import Mask
from slurm_energy.decide.pricing.price import Values
from slurm_energy.decide.pricing.prices import Index

WINDOW = 28 * 86_400
FAR = np.iinfo(np.int64).max // 2
"""A time that nobody has looked up yet."""
_NOTHING = 1.0
"""Seconds; with less left, an account without pending jobs is forgotten."""


class Waiting(NamedTuple):
    """Pending jobs in order of their ids; shapes are (jobs,), times are since the epoch."""

    job: Index
    account: Index
    """A number of the accounts."""
    tasks: Index
    """That waited when it was seen first."""
    due: Index
    """When it would go, or would have gone, if only its queue were known."""
    wish: Index
    """When it would go by all that is known of it."""
    goes: Index
    """When it goes, as it was told last."""
    gain: Values
    """What going at ``wish`` saves beside going when ``due``, by the second."""
    bound: Mask
    """Who may not wait past ``due``: its account has no seconds left for that."""

    @classmethod
    def new(cls, job: Index, account: Index, tasks: Index) -> "Waiting":
        """Jobs that nothing was looked up of."""
        far = np.full(len(job), FAR)
        return cls(job, account, tasks, far, far, far, np.zeros(len(job)), far < 0)

    @property
    def late(self) -> Index:
        """Seconds that it would take from its account; 0: none."""
        return np.asarray(np.maximum(0, self.wish - self.due))

    @property
    def early(self) -> Index:
        """Seconds that it would spare its account; 0: none."""
        return np.asarray(np.maximum(0, self.due - self.wish))

    @property
    def spared(self) -> Index:
        """Seconds that it spares, going as it was told; negative: takes.

        What congestion, crowds and power make it wait beyond both is not its account's doing.
        """
        return np.asarray(self.due - np.minimum(self.goes, np.maximum(self.due, self.wish)))

    def by_account(self, seconds: Index, accounts: int) -> Values:
        """Sums by account, of jobs and of tasks; shape (2, accounts)."""
        weighed = seconds, self.tasks * seconds
        return np.array([np.bincount(self.account, some, accounts) for some in weighed])


def _nobody() -> Waiting:
    nothing = np.zeros(0, dtype=np.int64)
    return Waiting.new(nothing, nothing, nothing)


@dataclass(frozen=True, slots=True)
class Waits:
    """What one turn leaves to the next."""

    pending: Waiting = field(default_factory=_nobody)
    accounts: tuple[str, ...] = ()
    left: Values = field(default_factory=lambda: np.zeros((2, 0)))
    """Shape (2, accounts): seconds that jobs and tasks that went have left to the others."""
    at: int = 0
    """When the turn was."""
    start: int = 0
    """The start of the prices by which everybody's ``due`` and ``wish`` were looked up."""

    def settled(self, jobs: Index, now: int) -> "Waits":
        """Without those that went; ``jobs`` are pending still.

        Who only is not asked at present is known until he goes, as he was told.
        """
        one = self.pending
        went = ~np.isin(one.job, jobs) & (one.goes <= now)
        left = self.left * exp(-max(0, now - self.at) / WINDOW)
        if not went.any():
            return replace(self, left=left, at=now)
        gone, count = taken(one, went), len(self.accounts)
        left = left + gone.by_account(gone.spared, count)
        one = taken(one, ~went)
        known = (np.bincount(one.account, minlength=count) > 0) | (abs(left) >= _NOTHING).any(0)
        names = tuple(name for name, stays in zip(self.accounts, known, strict=True) if stays)
        one = one._replace(account=(np.cumsum(known) - 1)[one.account])
        return replace(self, pending=one, accounts=names, left=left[:, known], at=now)

    def joined(self, jobs: Index, accounts: Sequence[str], tasks: Index) -> "Waits":
        """With these, who are new."""
        numbers = {name: number for number, name in enumerate(self.accounts)}
        account = [numbers.setdefault(name, len(numbers)) for name in accounts]
        fresh = Waiting.new(jobs, np.array(account, dtype=np.int64), tasks)
        every = [np.concatenate(pair) for pair in zip(self.pending, fresh, strict=True)]
        order = np.argsort(every[0], kind="stable")
        left = np.zeros((2, len(numbers)))
        left[:, : len(self.accounts)] = self.left
        pending = Waiting(*(column[order] for column in every))
        return replace(self, pending=pending, accounts=tuple(numbers), left=left)

    def places(self, jobs: Index) -> Index:
        """Where these stand among the pending ones, of whom they are."""
        if np.array_equal(self.pending.job, jobs):  # as a rule all ask
            return np.arange(len(jobs))
        return np.searchsorted(self.pending.job, jobs)

    def told(self, jobs: Index, begin: Index) -> "Waits":
        """With what these were told: ``begin``, at the time of the turn or later.

        Who was let go before, and is not put off again, has gone since then.
        """
        pending, at = copied(self.pending), self.places(jobs)
        since = np.minimum(pending.goes[at], self.at)
        pending.goes[at] = np.where(begin > self.at, begin, since)
        return replace(self, pending=pending)

    def let_go(self, jobs: Index) -> Mask:
        """Who goes now because his account has waited enough, and would wait otherwise."""
        at = np.minimum(self.places(jobs), max(0, len(self.pending.job) - 1))
        one = taken(self.pending, at) if len(self.pending.job) else None
        if one is None:
            return np.zeros(len(jobs), dtype=np.bool_)
        return np.asarray((one.job == jobs) & one.bound & (one.due <= self.at))

    def until(self, job: int) -> int | None:
        """When this one goes at the latest for its account's sake; None: nothing binds it."""
        at = int(self.places(np.array([job]))[0])
        one = self.pending
        known = at < len(one.job) and one.job[at] == job and one.bound[at]
        return int(one.due[at]) if known else None
