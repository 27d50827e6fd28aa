"""Ledger values with sensible defaults, and a clock that is moved by hand."""

from dataclasses import dataclass
from typing import Any

from slurm_energy.model.decision import (
    Action,
    CycleRecord,
    Decision,
    Fate,
    JobEnd,
    Outcome,
    Reason,
    Update,
)
from slurm_energy.model.job import JobKey
from tests.builders import HOUR, NOON


@dataclass
class HandClock:
    """Shows the time it was set to."""

    time: int = NOON

    def now(self) -> int:
        return self.time

    def elapsed(self) -> float:
        return float(self.time)


def make_key(job_id: int = 100, cluster: str = "east", submit: int = NOON) -> JobKey:
    return JobKey(cluster, job_id, submit)


def make_cycle(cycle: int = 1, **changes: Any) -> CycleRecord:
    """A quiet turn, 30 s after the one before it."""
    values: dict[str, Any] = {
        "at": NOON + 30 * cycle,
        "mode": "live",
        "clusters": ("east", "west"),
        "unread": (),
        "pending": 3,
        "managed": 2,
        "deferred": 1,
        "by_class": {"evaluation": 2},
        "by_reason": {"cleaner_later": 1, "clean_now": 1},
        "sent": 1,
        "skipped": 0,
        "failed": 0,
        "seconds": {"read": 0.03, "decide": 0.01},
    }
    return CycleRecord(cycle, **(values | changes))


def make_decision(key: JobKey | None = None, cycle: int = 1, **changes: Any) -> Decision:
    """An evaluation put off for two hours."""
    values: dict[str, Any] = {
        "action": Action.DEFER,
        "reason": Reason.CLEANER_LATER,
        "begin": NOON + 2 * HOUR,
        "site_factor": 0,
        "latest_start": NOON + 6 * HOUR,
        "terms": {"deadline": NOON + 8 * HOUR, "carbon_now": 412.5, "slo": None},
    }
    return Decision(key or make_key(), cycle, **(values | changes))


def make_outcome(key: JobKey | None = None, fate: Fate = Fate.SENT, detail: str = "") -> Outcome:
    return Outcome(Update(key or make_key(), begin=NOON + HOUR, site_factor=5), fate, detail)


def make_end(key: JobKey | None = None, **changes: Any) -> JobEnd:
    """Completed after an hour, having started ten minutes after it was eligible."""
    values: dict[str, Any] = {
        "name": "eval",
        "user": "alice",
        "account": "research",
        "partition": "gpu",
        "state": "COMPLETED",
        "eligible": NOON,
        "start": NOON + 600,
        "end": NOON + 600 + HOUR,
        "time_limit": 2 * HOUR,
        "gpus": 8,
        "cpus": 16,
        "nodes": 1,
        "admin_comment": "",
    }
    key = key or make_key()
    return JobEnd(key, **({"ran_on": key.cluster} | values | changes))
