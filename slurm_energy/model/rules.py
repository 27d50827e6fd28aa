"""The site's rules: what each class means, who may ask for what, which clusters there are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from slurm_energy.model.contract import Region, Sensitivity, WorkloadClass

DAY = 86_400


class Mode(StrEnum):
    """How far we may go; ``ceiling`` and table of now each may only lower the other."""

    OFF = "off"
    SHADOW = "shadow"
    LIVE = "live"


class Excess(StrEnum):
    """What happens to a tag that asks for more than a limit allows."""

    CLAMP = "clamp"
    REFUSE = "refuse"


class Unmeetable(StrEnum):
    """What happens to a deadline that can't be met even if the job started now."""

    WARN = "warn"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class ClusterRule:
    """One cluster: the jurisdictions its data would be under, and its region.

    A cluster that states no jurisdiction satisfies no residency.
    """

    name: str
    jurisdictions: tuple[str, ...] = ()
    region: Region = Region.PRIMARY


@dataclass(frozen=True, slots=True)
class ClassRule:
    """The contract of one class, before a tag narrows it. ``max_delay`` in seconds."""

    name: WorkloadClass
    defer: bool
    max_delay: int
    urgency: int
    sensitivity: Sensitivity = Sensitivity.NORMAL
    region: Region = Region.ANY
    interruptible: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """Names a field may have; an empty tuple admits any."""

    partition: tuple[str, ...] = ()
    qos: tuple[str, ...] = ()
    account: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JobRule:
    """Gives a class to jobs without one in their tag; the first that matches wins.

    ``job_name`` holds globs of ``*`` and ``?``; time limits are in seconds, bounds included.
    """

    name: str
    workload_class: WorkloadClass
    match: Match = Match()
    job_name: tuple[str, ...] = ()
    min_gpus: int | None = None
    max_gpus: int | None = None
    min_time: int | None = None
    max_time: int | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """What matching jobs may ask for; every limit that matches holds. Empty means no bound."""

    name: str
    match: Match = Match()
    classes: tuple[WorkloadClass, ...] = ()
    urgency: int | None = None
    """Highest urgency."""
    horizon: int | None = None
    """Shortest time from submit to deadline, in seconds."""
    residency: tuple[str, ...] = ()
    """The jurisdictions these jobs may be under, tagged or not."""
    region: Region = Region.ANY
    excess: Excess = Excess.CLAMP


def default_classes() -> Mapping[WorkloadClass, ClassRule]:
    """The contracts a site starts with."""
    rules = (
        ClassRule(WorkloadClass.LATENCY_CRITICAL, False, 0, 90, region=Region.PRIMARY),
        ClassRule(WorkloadClass.NEARLINE, True, 1_800, 60),
        ClassRule(WorkloadClass.TRAINING, True, DAY, 40),
        ClassRule(WorkloadClass.EVALUATION, True, DAY, 20),
    )
    return {rule.name: rule for rule in rules}


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules of a site, the same on every controller."""

    mode: Mode = Mode.SHADOW
    """The ceiling: the table of now may only lower it."""
    unmeetable: Unmeetable = Unmeetable.WARN
    clusters: tuple[ClusterRule, ...] = ()
    classes: Mapping[WorkloadClass, ClassRule] = field(default_factory=default_classes)
    job_rules: tuple[JobRule, ...] = ()
    limits: tuple[Limit, ...] = ()
