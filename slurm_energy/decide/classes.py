"""From the site's rules, a tag and the job's facts to its contract: the same answer as the hook.

Pure. ``etc/job_submit.lua`` does the same at submit; the daemon does it again when a user later
changes the comment. ``tests/vectors`` holds both to one table.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from slurm_energy.decide.glob import matches_any
from slurm_energy.decide.tagtime import render_duration
from slurm_energy.errors import TagError
from slurm_energy.model.contract import Contract, Region, Sensitivity, Tag, WorkloadClass
from slurm_energy.model.rules import (
    ClassRule,
    ClusterRule,
    Excess,
    JobRule,
    Limit,
    Match,
    Rules,
    Unmeetable,
)

_NOTHING = Tag()
_UNMANAGED = ClassRule(WorkloadClass.UNMANAGED, defer=False, max_delay=0, urgency=0)


@dataclass(frozen=True, slots=True)
class JobFacts:
    """What classification looks at. ``time_limit`` in seconds, None: unlimited or unknown."""

    partition: str = ""
    """As Slurm has it: one name, or several with commas."""
    qos: str = ""
    account: str = ""
    name: str = ""
    gpus: int = 0
    time_limit: int | None = None
    begin: int = 0
    """The user's own begin time; 0 when there is none."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """A contract, and the lines that tell its user what was taken otherwise than asked."""

    contract: Contract | None
    """None: not ours, nothing is written."""
    lines: tuple[str, ...] = ()


def resolve(rules: Rules, tag: Tag | None, facts: JobFacts, submit: int, now: int) -> Resolution:
    """The job's contract under the site's rules. ``submit`` and ``now`` are epoch seconds.

    Raises :class:`~slurm_energy.errors.TagError` where the job is refused; in mode shadow that
    line is a warning.
    """
    asked = _NOTHING if tag is None or tag.off else tag
    limits = [limit for limit in rules.limits if _matches(limit.match, facts)]
    lines: list[str] = []
    opted_out = tag is not None and tag.off
    granted, rule = _grant_class(rules, asked, limits, lines, None if opted_out else facts)
    contract = Contract(
        workload_class=granted.name,
        rule=rule,
        urgency=_grant_urgency(asked, granted, limits, lines),
        deadline=_grant_deadline(asked, limits, submit, lines),
        max_delay=_grant_max_delay(asked, granted, lines),
        residency=_grant_residency(rules, asked, limits, lines),
        region=_grant_region(asked, granted, limits, lines),
        sensitivity=asked.sensitivity or granted.sensitivity,
        slo=asked.slo,
        model=asked.model,
        dataset=asked.dataset,
        interruptible=(
            granted.interruptible if asked.interruptible is None else asked.interruptible
        ),
    )
    if asked is _NOTHING and _is_nothing(contract):
        return Resolution(None)
    permitted_clusters(rules, contract)
    _check_deadline(rules.unmeetable, contract, facts, now, lines)
    if granted is _UNMANAGED and _wants_action(asked):
        lines.append(
            "slurm-energy: no class given and no site rule matches, so the job is left as it is; "
            "add one, e.g. energy:class=evaluation,deadline=+12h"
        )
    return Resolution(contract, tuple(lines))


def permitted_clusters(rules: Rules, contract: Contract) -> tuple[str, ...]:
    """Names of the clusters on which the contract lets the job run, in the site's order.

    Raises ``TagError`` where there is none. A site that states no clusters has one cluster, and
    region means nothing there: the answer is empty.
    """
    names = tuple(c.name for c in rules.clusters if _admits(c, contract))
    if rules.clusters and not names:
        raise _refuse(f"{_wish(contract)} leaves no cluster; {_clusters_there(rules)}")
    return names


def _matches(match: Match, facts: JobFacts) -> bool:
    partitions = facts.partition.split(",")
    return (
        (not match.partition or any(name in match.partition for name in partitions))
        and (not match.qos or facts.qos in match.qos)
        and (not match.account or facts.account in match.account)
    )


def _rule_matches(rule: JobRule, facts: JobFacts) -> bool:
    return (
        _matches(rule.match, facts)
        and (not rule.job_name or matches_any(rule.job_name, facts.name))
        and _within(facts.gpus, rule.min_gpus, rule.max_gpus)
        and _within(facts.time_limit, rule.min_time, rule.max_time)
    )


def _within(value: int | None, low: int | None, high: int | None) -> bool:
    """An unlimited value is over any upper bound and under none."""
    if value is None:
        return high is None
    return (low is None or value >= low) and (high is None or value <= high)


def _admits(cluster: ClusterRule, contract: Contract) -> bool:
    own = cluster.jurisdictions
    resident = not contract.residency or (
        bool(own) and all(name in contract.residency for name in own)
    )
    return resident and contract.region in (Region.ANY, cluster.region)


def _grant_class(
    rules: Rules,
    asked: Tag,
    limits: Sequence[Limit],
    lines: list[str],
    facts: JobFacts | None,
) -> tuple[ClassRule, str]:
    wanted = asked.workload_class
    if wanted is None:
        found = [r for r in rules.job_rules if facts is not None and _rule_matches(r, facts)]
        if not found:
            return _UNMANAGED, "none"
        return rules.classes[found[0].workload_class], found[0].name
    for limit in limits:
        if not limit.classes or wanted in limit.classes:
            continue
        usable = [c for c in limit.classes if _permitted_by_all(c, limits)]
        told = f"class={wanted} is not permitted by limit {limit.name}"
        if limit.excess is Excess.REFUSE or not usable:
            raise _refuse(f"{told}; use {_or(usable)}{_example('class', usable)}")
        wanted = usable[0]
        lines.append(f"slurm-energy: {told}; taken as {wanted}")
    return rules.classes[wanted], "tag"


def _permitted_by_all(wanted: WorkloadClass, limits: Sequence[Limit]) -> bool:
    return all(not limit.classes or wanted in limit.classes for limit in limits)


def _grant_urgency(
    asked: Tag, granted: ClassRule, limits: Sequence[Limit], lines: list[str]
) -> int:
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


def _grant_deadline(
    asked: Tag, limits: Sequence[Limit], submit: int, lines: list[str]
) -> int | None:
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


def _grant_max_delay(asked: Tag, granted: ClassRule, lines: list[str]) -> int:
    if not granted.defer:
        return 0
    if asked.max_delay is None or asked.max_delay <= granted.max_delay:
        return granted.max_delay if asked.max_delay is None else asked.max_delay
    lines.append(
        f"slurm-energy: max_delay={render_duration(asked.max_delay)} is over class "
        f"{granted.name}; taken as {render_duration(granted.max_delay)}"
    )
    return granted.max_delay


def _grant_residency(
    rules: Rules, asked: Tag, limits: Sequence[Limit], lines: list[str]
) -> tuple[str, ...]:
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
        cure = f"use {_or(limit.residency)}{_example('residency', limit.residency)}"
        if not kept:
            raise _refuse(f"{told}; {cure}")
        _exceed(limit, told, cure, "+".join(kept), lines)
        granted = kept
    return granted


def _check_known(rules: Rules, residency: Sequence[str]) -> None:
    known = sorted({name for cluster in rules.clusters for name in cluster.jurisdictions})
    for name in residency:
        if name not in known:
            cure = f"use {_or(known)}{_example('residency', known)}"
            raise _refuse(f"residency={name} is no jurisdiction of this site; {cure}")


def _grant_region(
    asked: Tag, granted: ClassRule, limits: Sequence[Limit], lines: list[str]
) -> Region:
    region, fixed = granted.region, granted.region is not Region.ANY
    if asked.region is not None and asked.region is not Region.ANY:
        if fixed and asked.region is not region:
            raise _refuse(
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
                raise _refuse(f"{told}; {cure}")
            _exceed(limit, told, cure, limit.region, lines)
        region, fixed = limit.region, True
    return region


def _exceed(limit: Limit, told: str, cure: str, taken: str, lines: list[str]) -> None:
    """Refuse what goes over ``limit``, or say what it is taken as."""
    if limit.excess is Excess.REFUSE:
        raise _refuse(f"{told}; {cure}")
    lines.append(f"slurm-energy: {told}; taken as {taken}")


def _check_deadline(
    unmeetable: Unmeetable, contract: Contract, facts: JobFacts, now: int, lines: list[str]
) -> None:
    if contract.deadline is None:
        return
    left = contract.deadline - max(now, facts.begin)
    if left >= (facts.time_limit or 0):
        return
    line = (
        "the deadline can't be met even if the job started at once: its time limit is "
        f"{render_duration(facts.time_limit or 0)} and {render_duration(max(0, left))} are left; "
        "use a later deadline or a shorter --time"
    )
    if unmeetable is Unmeetable.REFUSE:
        raise _refuse(line)
    lines.append(f"slurm-energy: {line}")


def _is_nothing(contract: Contract) -> bool:
    return (
        contract.workload_class is WorkloadClass.UNMANAGED
        and not contract.residency
        and contract.region is Region.ANY
    )


def _wants_action(asked: Tag) -> bool:
    return (
        asked.deadline is not None
        or asked.urgency is not None
        or asked.max_delay is not None
        or asked.slo is not None
        or asked.interruptible is not None
        or asked.sensitivity not in (None, Sensitivity.NORMAL)
    )


def _wish(contract: Contract) -> str:
    words = ["residency=" + "+".join(contract.residency)] if contract.residency else []
    if contract.region is not Region.ANY:
        words.append(f"region={contract.region}")
    return " and ".join(words)


def _clusters_there(rules: Rules) -> str:
    told = ", ".join(
        f"{c.name} ({c.region}, {'+'.join(c.jurisdictions) or 'no jurisdiction'})"
        for c in rules.clusters
    )
    stated = [c.jurisdictions for c in rules.clusters if c.jurisdictions]
    cure = f", e.g. energy:residency={'+'.join(stated[0])}" if stated else ""
    return f"there are {told}{cure}"


def _or(names: Sequence[str]) -> str:
    return " or ".join(names) if names else "none: ask your administrator"


def _example(key: str, names: Sequence[str]) -> str:
    return f", e.g. energy:{key}={names[0]}" if names else ""


def _refuse(line: str) -> TagError:
    return TagError(f"slurm-energy: {line}")
