"""What a tag is granted, key by key: the site's classes and limits against what was asked.

Each raises :class:`~slurm_energy.errors.TagError` where the job is refused, and adds a line where
something is taken otherwise than asked.
"""

from collections.abc import Sequence

from slurm_energy.decide.terms.matching import JobFacts, rule_matches
from slurm_energy.decide.terms.refusal import any_of, example, refuse
from slurm_energy.decide.terms.tagtime import render_duration
from slurm_energy.model.contract import Region, Tag, WorkloadClass
from slurm_energy.model.rules import ClassRule, Excess, Limit, Rules

UNMANAGED = ClassRule(WorkloadClass.UNMANAGED, defer=False, max_delay=0, urgency=0)


def grant_class(
    rules: Rules,
    asked: Tag,
    limits: Sequence[Limit],
    lines: list[str],
    facts: JobFacts | None,
) -> tuple[ClassRule, str]:
    """The class the job gets, and the rule that gave it: ``tag``, a site rule's name or ``none``.

    Without ``facts`` (the user opted out) no site rule is asked.
    """
    wanted = asked.workload_class
    if wanted is None:
        found = [r for r in rules.job_rules if facts is not None and rule_matches(r, facts)]
        if not found:
            return UNMANAGED, "none"
        return rules.classes[found[0].workload_class], found[0].name
    for limit in limits:
        if not limit.classes or wanted in limit.classes:
            continue
        usable = [c for c in limit.classes if _permitted_by_all(c, limits)]
        told = f"class={wanted} is not permitted by limit {limit.name}"
        if limit.excess is Excess.REFUSE or not usable:
            raise refuse(f"{told}; use {any_of(usable)}{example('class', usable)}")
        wanted = usable[0]
        lines.append(f"slurm-energy: {told}; taken as {wanted}")
    return rules.classes[wanted], "tag"


def _permitted_by_all(wanted: WorkloadClass, limits: Sequence[Limit]) -> bool:
    return all(not limit.classes or wanted in limit.classes for limit in limits)


def grant_urgency(asked: Tag, granted: ClassRule, limits: Sequence[Limit], lines: list[str]) -> int:
    """The urgency, no higher than any limit; a class's own default is lowered silently."""
    urgency = granted.urgency if asked.urgency is None else asked.urgency
    for limit in limits:
        if limit.urgency is None or urgency <= limit.urgency:
            continue
        if asked.urgency is not None:
            told = f"urgency={urgency} is over limit {limit.name}"
            cure = f"use at most {limit.urgency}, e.g. energy:urgency={limit.urgency}"
            _exceed(limit, told, cure, str(limit.urgency), lines)
        urgency = limit.urgency
    return urgency


def grant_deadline(
    asked: Tag, limits: Sequence[Limit], submit: int, lines: list[str]
) -> int | None:
    """The deadline in epoch seconds, no sooner than any limit's horizon; None without one."""
    if asked.deadline is None:
        return None
    deadline = asked.deadline + (submit if asked.deadline_relative else 0)
    for limit in limits:
        if limit.horizon is None or deadline - submit >= limit.horizon:
            continue
        soonest = "+" + render_duration(limit.horizon)
        told = f"the deadline is sooner than limit {limit.name} allows"
        cure = f"use {soonest} or later, e.g. energy:deadline={soonest}"
        _exceed(limit, told, cure, soonest, lines)
        deadline = submit + limit.horizon
    return deadline


def grant_max_delay(asked: Tag, granted: ClassRule, lines: list[str]) -> int:
    """The longest wait in seconds, no longer than the class's; 0 where it is never deferred."""
    if not granted.defer:
        if granted is not UNMANAGED and asked.max_delay:
            lines.append(
                f"slurm-energy: max_delay={render_duration(asked.max_delay)} is over class "
                f"{granted.name}, which is never put off; taken as 0s"
            )
        return 0
    if asked.max_delay is None or asked.max_delay <= granted.max_delay:
        return granted.max_delay if asked.max_delay is None else asked.max_delay
    lines.append(
        f"slurm-energy: max_delay={render_duration(asked.max_delay)} is over class "
        f"{granted.name}; taken as {render_duration(granted.max_delay)}"
    )
    return granted.max_delay


def grant_residency(
    rules: Rules, asked: Tag, limits: Sequence[Limit], lines: list[str]
) -> tuple[str, ...]:
    """The permitted jurisdictions: the tag's within every limit's; empty where nobody asks."""
    _check_known(rules, asked.residency)
    granted = asked.residency
    for limit in limits:
        kept = tuple(name for name in granted if name in limit.residency)
        if not limit.residency or (granted and kept == granted):
            continue
        if not granted:
            granted = limit.residency
            continue
        told = f"residency={'+'.join(granted)} is not permitted by limit {limit.name}"
        cure = f"use {any_of(limit.residency)}{example('residency', limit.residency)}"
        if not kept:
            raise refuse(f"{told}; {cure}")
        _exceed(limit, told, cure, "+".join(kept), lines)
        granted = kept
    return granted


def _check_known(rules: Rules, residency: Sequence[str]) -> None:
    known = sorted({name for cluster in rules.clusters for name in cluster.jurisdictions})
    for name in residency:
        if name not in known:
            cure = f"use {any_of(known)}{example('residency', known)}"
            raise refuse(f"residency={name} is no jurisdiction of this site; {cure}")


def grant_region(
    asked: Tag, granted: ClassRule, limits: Sequence[Limit], lines: list[str]
) -> Region:
    """The region: the class's, narrowed by the tag and every limit."""
    region, fixed = granted.region, granted.region is not Region.ANY
    if asked.region is not None and asked.region is not Region.ANY:
        if fixed and asked.region is not region:
            raise refuse(
                f"region={asked.region} is not permitted for class {granted.name}; "
                f"use {region}, e.g. energy:region={region}"
            )
        region = asked.region
    for limit in limits:
        if limit.region is Region.ANY:
            continue
        if region not in (Region.ANY, limit.region):
            told = f"region={region} is not permitted by limit {limit.name}"
            cure = f"use {limit.region}, e.g. energy:region={limit.region}"
            if fixed:
                raise refuse(f"{told}; {cure}")
            _exceed(limit, told, cure, limit.region, lines)
        region, fixed = limit.region, True
    return region


def _exceed(limit: Limit, told: str, cure: str, taken: str, lines: list[str]) -> None:
    """Refuse what goes over ``limit``, or say what it is taken as."""
    if limit.excess is Excess.REFUSE:
        raise refuse(f"{told}; {cure}")
    lines.append(f"slurm-energy: {told}; taken as {taken}")
