"""Which jobs are like this one: groups from the most specific to all jobs there are."""

from dataclasses import dataclass
from typing import NamedTuple

from slurm_energy.decide.durations.namestem import stem
from slurm_energy.model.contract import WorkloadClass

LEVELS = 8
_FIRST_WIDE = 5
_QUEUE = 6
_SHORTEST = 900


class GroupKey(NamedTuple):
    """Names one group for ever: its level, what its jobs share, their limit's bucket."""

    level: int
    shared: tuple[str, ...]
    bucket: int = 0

    @property
    def wide(self) -> bool:
        """Whether it holds jobs of many users."""
        return self.level >= _FIRST_WIDE


ALL_JOBS = GroupKey(LEVELS - 1, ())
Chain = tuple[GroupKey | None, ...]
"""A job's group on each level, the most specific first; None where what it needs is unknown."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What is known of a job when it is submitted; unknown text is empty."""

    user: str
    account: str
    name: str
    partition: str
    workload_class: WorkloadClass
    limit: int | None
    """Time limit in seconds."""


def limit_bucket(limit: int | None) -> int:
    """0 up to a quarter of an hour, then one more for each doubling; -1 without a limit."""
    return -1 if limit is None else max((limit - 1) // _SHORTEST, 0).bit_length()


def groups(job: Traits) -> Chain:
    """The groups this job belongs to."""
    user, account, part = job.user, job.account, job.partition
    name, bucket = stem(job.name), limit_bucket(job.limit)
    kind = job.workload_class.value
    return (
        GroupKey(0, (user, account, name, part, kind), bucket) if user and name else None,
        GroupKey(1, (user, name)) if user and name else None,
        GroupKey(2, (account, name)) if account and name else None,
        GroupKey(3, (user, part), bucket) if user else None,
        GroupKey(4, (user, kind)) if user else None,
        GroupKey(5, (part, kind), bucket),
        GroupKey(6, (part,)) if part else None,
        ALL_JOBS,
    )


def of_queue(chain: Chain) -> Chain:
    """Of these the partition and all jobs: what is known of any job in its queue."""
    return (*(None,) * _QUEUE, *chain[_QUEUE:])


def label(key: GroupKey) -> str:
    """The group in words: ``alice's train-*`` or ``partition gpu``."""
    limit = _limit(key.bucket)
    match key.level, *key.shared:
        case 0, user, _, name, part, kind:
            return f"{user}'s {name}{_where(part)}, {kind}, {limit}"
        case 1, user, name:
            return f"{user}'s {name}"
        case 2, account, name:
            return f"account {account}'s {name}"
        case 3, user, part:
            return f"{user}'s jobs{_where(part)}, {limit}"
        case 4, user, kind:
            return f"{user}'s {kind} jobs"
        case 5, part, kind:
            return f"{kind} jobs{_where(part)}, {limit}"
        case 6, part:
            return f"partition {part}"
    return "all jobs"


def _where(partition: object) -> str:
    return f" in {partition}" if partition else ""


def _limit(bucket: int) -> str:
    if bucket < 0:
        return "without a time limit"
    most = _length(_SHORTEST << bucket)
    return (
        f"time limit {_length(_SHORTEST << bucket - 1)} to {most}"
        if bucket
        else (f"time limit at most {most}")
    )


def _length(seconds: int) -> str:
    minutes = seconds // 60
    return f"{minutes // 60} h" if minutes >= 60 else f"{minutes} min"
