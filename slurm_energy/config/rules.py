"""The rules' part of the TOML configuration: ``[site]``, ``[[rules]]``, ``[[limits]]``.

Validated by pydantic, converted to :mod:`slurm_energy.model.rules`; durations are written as in
a tag (``30m``, ``24h``).
"""

from collections.abc import Sequence
from typing import Annotated, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

from slurm_energy.decide.terms.tagtime import parse_duration, render_duration
from slurm_energy.model.contract import Region, Sensitivity, WorkloadClass
from slurm_energy.model.presets import DEFERRABLE
from slurm_energy.model.rules import (
    ClassRule,
    ClusterRule,
    Excess,
    JobRule,
    Limit,
    Match,
    Mode,
    Rules,
    Unmeetable,
    default_classes,
)


def _duration(value: object) -> object:
    seconds = parse_duration(value) if isinstance(value, str) else None
    if seconds is None:
        raise ValueError(f"{value} is not a duration; write 30m, 24h or 3d, 366d at most")
    return seconds


def _among(kinds: Sequence[WorkloadClass], what: str) -> BeforeValidator:
    """Only these classes: what is offered in a complaint is what is taken."""
    allowed = f"{', '.join(kinds[:-1])} or {kinds[-1]}"

    def known(value: object) -> object:
        if value not in kinds:
            raise ValueError(f"no class {what}; use {allowed}")
        return value

    return BeforeValidator(known)


_CONTRACTED = tuple(kind for kind in WorkloadClass if kind is not WorkloadClass.UNMANAGED)
ContractClass = Annotated[WorkloadClass, _among(_CONTRACTED, "that a job can be given")]
"""Any class but unmanaged, which nobody can be given or ask for."""
DeferrableClass = Annotated[WorkloadClass, _among(DEFERRABLE, "that is ever put off")]
_NAME_PATTERN = r"^[A-Za-z0-9._-]{1,64}$"
Duration = Annotated[
    int,
    BeforeValidator(_duration),
    PlainSerializer(render_duration, return_type=str, when_used="json"),
]
"""Seconds, written as ``30m`` or ``24h``, and shown so."""
Name = Annotated[str, Field(pattern=_NAME_PATTERN)]
Jurisdiction = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,16}$")]
Text = Annotated[str, Field(min_length=1, max_length=200)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
"""Of GPUs, or of what is sent."""
_T = TypeVar("_T")


class Strict(BaseModel):
    """A table of the file: unknown keys and numbers without end are faults, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ClusterSettings(Strict):
    """One cluster of the federation, by its Slurm ClusterName."""

    region: Region = Field(default=Region.PRIMARY, description="primary or secondary")
    jurisdictions: tuple[Jurisdiction, ...] = Field(
        default=(),
        description="all jurisdictions its data would be under; none satisfies no residency",
    )

    @model_validator(mode="after")
    def _one_region(self) -> Self:
        if self.region is Region.ANY:
            raise ValueError("a cluster's region is primary or secondary")
        return self


class ClassSettings(Strict):
    """What to change in a class's contract; what is absent keeps its default."""

    defer: bool | None = Field(default=None, description="may jobs of this class be put off at all")
    max_delay: Duration | None = Field(default=None, description="longest we may make a job wait")
    urgency: int | None = Field(default=None, ge=0, le=100, description="0 to 100")
    sensitivity: Sensitivity | None = Field(
        default=None, description="weight of energy against delay"
    )
    region: Region | None = Field(default=None, description="clusters such jobs are kept to")
    interruptible: bool | None = Field(default=None, description="may a running job be interrupted")


class SiteSettings(Strict):
    """The site: how far the hook may go, its clusters and classes."""

    mode: Mode = Field(default=Mode.SHADOW, description="ceiling of what hook and daemon do")
    unmeetable_deadline: Unmeetable = Field(
        default=Unmeetable.WARN, description="for a deadline that can't be met even if started now"
    )
    clusters: dict[Name, ClusterSettings] = Field(
        default_factory=dict, description="every cluster of the federation; empty: one cluster"
    )
    classes: dict[ContractClass, ClassSettings] = Field(
        default_factory=dict, description="changes to the classes' contracts"
    )


class _MatchSettings(Strict):
    name: Name = Field(description="shown to users and written into the annotation")
    partition: tuple[Text, ...] = Field(default=(), description="any of these partitions")
    qos: tuple[Text, ...] = Field(default=(), description="any of these QOS")
    account: tuple[Text, ...] = Field(default=(), description="any of these accounts")

    def match(self) -> Match:
        """The names as a :class:`~slurm_energy.model.rules.Match`."""
        return Match(self.partition, self.qos, self.account)


class RuleSettings(_MatchSettings):
    """Gives a class to jobs without one in their tag; the first rule that matches wins."""

    workload_class: ContractClass = Field(alias="class", description="the class it gives")
    job_name: tuple[Text, ...] = Field(default=(), description="any of these globs of * and ?")
    min_gpus: Count | None = Field(default=None, description="fewest GPUs of the whole job")
    max_gpus: Count | None = Field(default=None, description="most GPUs of the whole job")
    min_time: Duration | None = Field(default=None, description="shortest time limit")
    max_time: Duration | None = Field(default=None, description="longest time limit")

    def rule(self) -> JobRule:
        """The rule for :func:`~slurm_energy.decide.terms.classes.resolve`."""
        return JobRule(
            name=self.name,
            workload_class=self.workload_class,
            match=self.match(),
            job_name=self.job_name,
            min_gpus=self.min_gpus,
            max_gpus=self.max_gpus,
            min_time=self.min_time,
            max_time=self.max_time,
        )

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if self.name in ("tag", "none"):
            raise ValueError(f"{self.name} is a reserved rule name; choose another")
        for what in ("gpus", "time"):
            least, most = getattr(self, f"min_{what}"), getattr(self, f"max_{what}")
            if least is not None and most is not None and least > most:
                raise ValueError(f"min_{what} is above max_{what}: no job matches; exchange them")
        return self


class LimitSettings(_MatchSettings):
    """What matching jobs may ask for; every limit that matches holds."""

    classes: tuple[ContractClass, ...] = Field(
        default=(), description="permitted classes, best first"
    )
    urgency: int | None = Field(default=None, ge=0, le=100, description="highest urgency")
    horizon: Duration | None = Field(
        default=None, description="shortest time from submit to deadline"
    )
    residency: tuple[Jurisdiction, ...] = Field(
        default=(), description="jurisdictions these jobs are kept to, tagged or not"
    )
    region: Region = Field(default=Region.ANY, description="region these jobs are kept to")
    excess: Excess = Field(
        default=Excess.CLAMP, description="clamp to the limit, or refuse the job"
    )

    def limit(self) -> Limit:
        """The limit for :func:`~slurm_energy.decide.terms.classes.resolve`."""
        return Limit(
            name=self.name,
            match=self.match(),
            classes=self.classes,
            urgency=self.urgency,
            horizon=self.horizon,
            residency=self.residency,
            region=self.region,
            excess=self.excess,
        )


class RulesSettings(Strict):
    """The three tables together; the whole configuration inherits from this or holds it."""

    site: SiteSettings = Field(default_factory=SiteSettings)
    rules: tuple[RuleSettings, ...] = ()
    limits: tuple[LimitSettings, ...] = ()

    def to_rules(self) -> Rules:
        """The site's rules as the brain and the hook's table take them."""
        return site_rules(self.site, self.rules, self.limits)

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        for kind in (self.rules, self.limits):
            names = [item.name for item in kind]
            for name in names:
                if names.count(name) > 1:
                    raise ValueError(f"{name} names two entries; give each its own name")
        return self


def site_rules(
    site: SiteSettings, rules: tuple[RuleSettings, ...], limits: tuple[LimitSettings, ...]
) -> Rules:
    """The settings as :class:`~slurm_energy.model.rules.Rules`."""
    return Rules(
        mode=site.mode,
        unmeetable=site.unmeetable_deadline,
        clusters=tuple(
            ClusterRule(name, cluster.jurisdictions, cluster.region)
            for name, cluster in site.clusters.items()
        ),
        classes={
            name: _changed(rule, site.classes.get(name, ClassSettings()))
            for name, rule in default_classes().items()
        },
        job_rules=tuple(rule.rule() for rule in rules),
        limits=tuple(limit.limit() for limit in limits),
    )


def _changed(rule: ClassRule, settings: ClassSettings) -> ClassRule:
    return ClassRule(
        name=rule.name,
        defer=_or(settings.defer, rule.defer),
        max_delay=_or(settings.max_delay, rule.max_delay),
        urgency=_or(settings.urgency, rule.urgency),
        sensitivity=_or(settings.sensitivity, rule.sensitivity),
        region=_or(settings.region, rule.region),
        interruptible=_or(settings.interruptible, rule.interruptible),
    )


def _or(changed: _T | None, default: _T) -> _T:
    return default if changed is None else changed
