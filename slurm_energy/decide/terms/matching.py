"""Which rules and limits speak of a job."""

from dataclasses import dataclass

from slurm_energy.decide.terms.glob import matches_any
from slurm_energy.model.rules import JobRule, Match


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


def matches(match: Match, facts: JobFacts) -> bool:
    """True when the names admit the job; one of several partitions is enough."""
    partitions = facts.partition.split(",")
    return (
        (not match.partition or any(name in match.partition for name in partitions))
        and (not match.qos or facts.qos in match.qos)
        and (not match.account or facts.account in match.account)
    )


def rule_matches(rule: JobRule, facts: JobFacts) -> bool:
    """True when the rule gives this job its class."""
    return (
        matches(rule.match, facts)
        and (not rule.job_name or matches_any(rule.job_name, facts.name))
        and _within(facts.gpus, rule.min_gpus, rule.max_gpus)
        and _within(facts.time_limit, rule.min_time, rule.max_time)
    )


def _within(value: int | None, low: int | None, high: int | None) -> bool:
    """An unlimited value is over any upper bound and under none."""
    if value is None:
        return high is None
    return (low is None or value >= low) and (high is None or value <= high)
