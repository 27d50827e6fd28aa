"""From the site's rules, a tag and the job's facts to its contract: the same answer as the hook.

Pure. ``etc/job_submit.lua`` does the same at submit; the daemon does it again when a user later
changes the comment. ``tests/vectors`` holds both to one table.
"""

from dataclasses import dataclass

from slurm_energy.decide.terms.grants import (
    UNMANAGED,
    grant_class,
    grant_deadline,
    grant_max_delay,
    grant_region,
    grant_residency,
    grant_urgency,
)
from slurm_energy.decide.terms.matching import JobFacts, matches
from slurm_energy.decide.terms.places import permitted_clusters
from slurm_energy.decide.terms.refusal import refuse
from slurm_energy.decide.terms.tagtime import render_duration
from slurm_energy.model.contract import Contract, Region, Sensitivity, Tag, WorkloadClass
from slurm_energy.model.rules import Rules, Unmeetable

_NOTHING = Tag()


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
    limits = [limit for limit in rules.limits if matches(limit.match, facts)]
    lines: list[str] = []
    opted_out = tag is not None and tag.off
    granted, rule = grant_class(rules, asked, limits, lines, None if opted_out else facts)
    contract = Contract(
        workload_class=granted.name,
        rule=rule,
        urgency=grant_urgency(asked, granted, limits, lines),
        deadline=grant_deadline(asked, limits, submit, lines),
        max_delay=grant_max_delay(asked, granted, lines),
        residency=grant_residency(rules, asked, limits, lines),
        region=grant_region(asked, granted, limits, lines),
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
    if granted is UNMANAGED and _wants_action(asked):
        lines.append(
            "slurm-energy: no class given and no site rule matches, so the job is left as it is; "
            "add one, e.g. energy:class=evaluation,deadline=+12h"
        )
    return Resolution(contract, tuple(lines))


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
        raise refuse(line)
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
