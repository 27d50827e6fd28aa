"""What a job asked for and what the site grants: workload class, deadline, urgency, residency."""

from dataclasses import dataclass
from enum import StrEnum


class WorkloadClass(StrEnum):
    """Each class has a contract of its own; ``unmanaged`` jobs are never touched."""

    LATENCY_CRITICAL = "latency-critical"
    NEARLINE = "nearline"
    TRAINING = "training"
    EVALUATION = "evaluation"
    UNMANAGED = "unmanaged"


class Sensitivity(StrEnum):
    """The weight of energy against delay."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


class Region(StrEnum):
    """Where a job may run, as the site names its clusters."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Tag:
    """The parsed tag, before any rule of the site; None where the key was not given.

    ``deadline`` is absolute seconds, or relative to the original submit where
    ``deadline_relative`` is true. ``max_delay`` is in seconds.
    """

    off: bool = False
    workload_class: WorkloadClass | None = None
    deadline: int | None = None
    deadline_relative: bool = False
    urgency: int | None = None
    sensitivity: Sensitivity | None = None
    slo: str | None = None
    max_delay: int | None = None
    residency: tuple[str, ...] = ()
    model: str | None = None
    dataset: str | None = None
    interruptible: bool | None = None
    region: Region | None = None
    checkpoint: int | None = None
    """When the job itself says that it last saved its state; seconds since the epoch."""

    @property
    def states_only_a_checkpoint(self) -> bool:
        """Whether it asks for nothing: a running job tells how far it is."""
        return self.checkpoint is not None and self == Tag(checkpoint=self.checkpoint)


@dataclass(frozen=True, slots=True)
class Contract:
    """What holds for one job after the site's rules; the tag already clamped."""

    workload_class: WorkloadClass
    urgency: int
    rule: str
    """The rule that matched: ``tag``, a site rule's name, or ``none``."""
    deadline: int | None = None
    """Finish by; seconds since the epoch."""
    max_delay: int | None = None
    """Longest we may make it wait after its submit (or the user's begin); 0: never defer."""
    sensitivity: Sensitivity = Sensitivity.NORMAL
    slo: str | None = None
    residency: tuple[str, ...] = ()
    region: Region = Region.ANY
    model: str | None = None
    dataset: str | None = None
    interruptible: bool = False


@dataclass(frozen=True, slots=True)
class Annotation:
    """Our group in AdminComment: the contract frozen at submit, and what was the user's own."""

    contract: Contract
    submit: int
    """Original submit time."""
    user_begin: int
    """The user's --begin; 0 when there was none."""
    user_clusters: tuple[str, ...]
    """The clusters the user asked for; empty when there were none."""
    lease: int
    """The begin time the hook itself gave; 0 when it gave none."""
    tag: str
    """The tag as written, without ``energy:``; empty for a site rule."""
    checkpoint: int = 0
    """When the job itself last said that its state is saved; 0: it never did."""
