"""The ledger in memory, held to the same contract as the real one (tests/contract)."""

from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from typing import TYPE_CHECKING

from slurm_energy.decide.rules.promise import width_bucket
from slurm_energy.ledger.changes import SignalChanges
from slurm_energy.ledger.waits import WaitsQuestion
from slurm_energy.model.decision import Action, CycleRecord, Decision, JobEnd, Outcome
from slurm_energy.model.history import Measured, Step, Topic, series_of
from slurm_energy.model.job import JobKey
from slurm_energy.model.report import DeferredJob, DeferredReport, Kept, KnownJob, Recorded
from slurm_energy.model.series import ClusterSignals, Series
from slurm_energy.ports import Clock

if TYPE_CHECKING:
    from slurm_energy.ledger.write import SignalValue


class MemoryLedger:
    """A ledger that is always there and forgets when the process ends."""

    def __init__(self, clock: Clock, question: WaitsQuestion) -> None:
        self._clock = clock
        self._question = question
        self._signals = SignalChanges()
        self.cycles: list[CycleRecord] = []
        self.decisions: list[Recorded] = []
        self.outcomes: list[Outcome] = []
        self.ends: dict[tuple[JobKey, int | None], JobEnd] = {}
        self.signals: list[SignalValue] = []

    def record(
        self, cycle: CycleRecord, decisions: Iterable[Decision], outcomes: Iterable[Outcome]
    ) -> None:
        self.cycles.append(cycle)
        self.decisions.extend(Recorded(cycle.at, one) for one in decisions)
        self.outcomes.extend(outcomes)

    def record_ends(self, ends: Iterable[JobEnd]) -> None:
        for one in ends:
            self.ends.setdefault((one.key, one.start), one)

    def record_signals(self, now: int, signals: Mapping[str, ClusterSignals]) -> None:
        self.signals.extend(self._signals.changed(now, signals))

    def available(self) -> bool:
        return True

    def usual_waits(self) -> Mapping[tuple[str, int], int]:
        since = self._clock.now() - self._question.lookback
        samples: dict[tuple[str, str, int], list[int]] = {}
        for one in self.ends.values():
            if one.start is None or one.eligible is None or one.start < max(since, one.eligible):
                continue
            bucket = (one.ran_on, one.partition, width_bucket(one.nodes, one.gpus))
            samples.setdefault(bucket, []).append(one.start - one.eligible)
        slowest: dict[tuple[str, int], int] = {}
        for (_, partition, width), waits in samples.items():
            if len(waits) >= self._question.minimum:
                rank = max(ceil(self._question.quantile * len(waits)) - 1, 0)
                wait = sorted(waits)[rank]
                slowest[partition, width] = max(wait, slowest.get((partition, width), 0))
        return slowest

    def recorded(self, key: JobKey, limit: int = 50) -> Sequence[Recorded]:
        found = [one for one in self.decisions if one.decision.key == key]
        return sorted(found, key=lambda one: (one.at, one.decision.cycle), reverse=True)[:limit]

    def find(self, job_id: int) -> Sequence[KnownJob]:
        users = {key: end.user for (key, _), end in self.ends.items()}
        keys = {one.decision.key for one in self.decisions if one.decision.key.job_id == job_id}
        newest = sorted(keys, key=lambda key: key.submit, reverse=True)
        return [KnownJob(key, users.get(key)) for key in newest]

    def last_decisions(self, keys: Sequence[JobKey]) -> Mapping[JobKey, Recorded]:
        newest = {key: self.recorded(key, 1) for key in keys}
        return {key: found[0] for key, found in newest.items() if found}

    def note(self, at: int, decisions: Sequence[Decision]) -> None:
        self.decisions.extend(Recorded(at, one) for one in decisions)

    def deferred_report(self, since: int, until: int, limit: int = 1000) -> DeferredReport:
        keys = {one.decision.key for one in self.decisions}
        every = [job for key in keys if (job := self._deferred(key)) is not None]
        jobs = [job for job in every if since <= job.first_deferred < until]
        jobs.sort(key=lambda job: (-job.first_deferred, job.key))
        kinds = [job.kept for job in jobs]
        return DeferredReport(
            totals={kept: kinds.count(kept) for kept in kinds},
            ours=sum(job.ours for job in jobs),
            jobs=tuple(jobs[:limit]),
        )

    def last_cycle(self) -> int | None:
        newest = max(self.cycles, key=lambda one: (one.at, one.cycle), default=None)
        return None if newest is None else newest.cycle

    def last_end(self, cluster: str) -> int | None:
        ends = [one.end for one in self.ends.values() if one.ran_on == cluster and one.end]
        return max(ends, default=None)

    def first_end(self, cluster: str) -> int | None:
        ends = [one.end for one in self.ends.values() if one.ran_on == cluster and one.end]
        return min(ends, default=None)

    def ended_runs(self, cluster: str, since: int, until: int, most: int) -> Sequence[JobEnd]:
        found = [
            one
            for one in self.ends.values()
            if one.ran_on == cluster and one.end is not None and since <= one.end < until
        ]
        found.sort(key=lambda one: (one.end or 0, one.key.cluster, one.key.job_id, one.start or 0))
        return found[max(len(found) - most, 0) :]

    def prune(self, before: int, batches: int = 20) -> int:  # noqa: ARG002
        size = self._size()
        self.cycles = [one for one in self.cycles if one.at >= before]
        self.decisions = [one for one in self.decisions if one.at >= before]
        self.signals = [one for one in self.signals if one.at >= before]
        self.ends = {k: one for k, one in self.ends.items() if one.end is None or one.end >= before}
        return size - self._size()

    def close(self) -> None:
        """Nothing is open."""

    def _size(self) -> int:
        return len(self.cycles) + len(self.decisions) + len(self.signals) + len(self.ends)

    def _deferred(self, key: JobKey) -> DeferredJob | None:
        put_off = [r for r in self.recorded(key, 10**9) if r.decision.action is Action.DEFER]
        if not put_off:
            return None
        stated = put_off[0].decision.terms.get("deadline")
        deadline = int(stated) if isinstance(stated, int | float) else None
        attempts = [one for one in self.ends.values() if one.key == key]
        last = max(attempts, key=lambda one: one.end or 0, default=None)
        kept = _kept(last, deadline)
        asked = max([key.submit, *(r.decision.terms.get("user_begin") or 0 for r in put_off)])
        return DeferredJob(
            key=key,
            first_deferred=put_off[-1].at,
            deadline=deadline,
            state=last.state if last else None,
            start=last.start if last else None,
            end=last.end if last else None,
            kept=kept,
            ours=kept is Kept.MISSED and _would_have_kept(last, int(asked), deadline),
        )


def _kept(last: JobEnd | None, deadline: int | None) -> Kept:
    if last is None:
        return Kept.OPEN
    if deadline is None:
        return Kept.NO_DEADLINE
    late = last.end is not None and last.end > deadline
    if last.state == "COMPLETED" and last.end is not None and not late:
        return Kept.KEPT
    return Kept.MISSED if late or last.state == "DEADLINE" else Kept.FAILED


def _would_have_kept(last: JobEnd | None, asked: int, deadline: int | None) -> bool:
    if last is None or deadline is None:
        return False
    ran = None if last.start is None or last.end is None else last.end - last.start
    took = last.time_limit if ran is None else ran
    return took is None or asked + took <= deadline


class MemoryHistory:
    """What was measured, in memory; see :class:`~slurm_energy.ports.SignalHistory`."""

    def __init__(self) -> None:
        self._rows: dict[tuple[Topic, str, int], tuple[int, Step]] = {}
        self.rows = 0

    def record(self, told: Iterable[Measured]) -> int:
        before = self.rows
        for piece in told:
            for step in piece.steps:
                key = (piece.topic, piece.source, step.time)
                known = self._rows.get(key)
                if known is None or (known[0] < piece.issued and known[1] != step):
                    self._rows[key] = (piece.issued, step)
                    self.rows += 1
        return self.rows - before

    def read(self, topic: Topic, since: int, until: int) -> Series | None:
        newest: dict[int, tuple[int, Step]] = {}
        for (of, _, time), (issued, step) in self._rows.items():
            if of == topic and since <= time < until:
                newest[time] = max(newest.get(time, (issued, step)), (issued, step))
        if not newest:
            return None
        steps = [newest[time][1] for time in sorted(newest)]
        return series_of(topic, "the ledger", max(one for one, _ in newest.values()), steps)
