"""The usual queue wait of the last days, kept up to date as jobs end."""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable, Mapping
from math import ceil

from slurm_energy.decide.rules.promise import width_bucket
from slurm_energy.model.decision import JobEnd

Bucket = tuple[str, str, int]
"""Cluster, partition, width."""


class RecentWaits:
    """What the ledger answers, in memory: a high quantile of (start - eligible) by bucket.

    Holds what ended within ``lookback`` seconds; a bucket with fewer than ``minimum`` says nothing.
    """

    def __init__(self, quantile: float, lookback: int, minimum: int) -> None:
        self._quantile = quantile
        self._lookback = lookback
        self._minimum = minimum
        self._sorted: dict[Bucket, list[int]] = {}
        self._ages: deque[tuple[int, Bucket, int]] = deque()
        self._answer: Mapping[tuple[str, int], int] | None = {}

    def add(self, ends: Iterable[JobEnd]) -> None:
        """Jobs that ended; those that never started waited for nothing we can tell."""
        for one in ends:
            if one.start is None or one.eligible is None or one.end is None:
                continue
            bucket = (one.ran_on, one.partition, width_bucket(one.nodes, one.gpus))
            wait = max(0, one.start - one.eligible)
            insort(self._sorted.setdefault(bucket, []), wait)
            self._ages.append((one.end, bucket, wait))
            self._answer = None

    def get(self, now: int) -> Mapping[tuple[str, int], int]:
        """Seconds by (partition, width bucket), on the slowest cluster."""
        self._forget(now - self._lookback)
        if self._answer is None:
            self._answer = self._slowest()
        return self._answer

    def _forget(self, before: int) -> None:
        while self._ages and self._ages[0][0] < before:
            _, bucket, wait = self._ages.popleft()
            waits = self._sorted[bucket]
            del waits[bisect_left(waits, wait)]
            self._answer = None

    def _slowest(self) -> Mapping[tuple[str, int], int]:
        slowest: dict[tuple[str, int], int] = {}
        for (_, partition, bucket), waits in self._sorted.items():
            if len(waits) >= self._minimum:
                wait = waits[max(ceil(self._quantile * len(waits)) - 1, 0)]
                slowest[partition, bucket] = max(wait, slowest.get((partition, bucket), 0))
        return slowest
