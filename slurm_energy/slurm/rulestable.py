"""The site's rules as records of ``rules.table``, and back."""

from collections.abc import Iterable, Sequence

from slurm_energy.errors import InputError
from slurm_energy.model.contract import Region, Sensitivity, WorkloadClass
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
)
from slurm_energy.slurm.records import Reader, Record

_MANAGED = set(WorkloadClass) - {WorkloadClass.UNMANAGED}


def rules_records(rules: Rules) -> list[Record]:
    """All rules in the order the hook needs them: site, clusters, classes, rules, limits."""
    site = Record("site")
    site.text("mode", rules.mode)
    site.text("unmeetable", rules.unmeetable)
    return [
        site,
        *(_cluster_record(cluster) for cluster in rules.clusters),
        *(_class_record(rule) for rule in rules.classes.values()),
        *(_rule_record(rule) for rule in rules.job_rules),
        *(_limit_record(limit) for limit in rules.limits),
    ]


def read_rules(records: Sequence[Record]) -> Rules:
    """The rules that the records state. Raises :class:`~slurm_energy.errors.InputError`."""
    known = {"site", "cluster", "class", "rule", "limit"}
    for record in records:
        if record.word not in known:
            raise InputError(f"table unreadable: {record.word[:40]} is no record of rules.table")
    sites = [Reader(record) for record in records if record.word == "site"]
    if len(sites) != 1:
        raise InputError("table unreadable: rules.table needs one site record")
    rules = Rules(
        mode=sites[0].enum("mode", Mode),
        unmeetable=sites[0].enum("unmeetable", Unmeetable),
        clusters=tuple(_read_cluster(reader) for reader in _of("cluster", records)),
        classes={rule.name: rule for rule in map(_read_class, _of("class", records))},
        job_rules=tuple(_read_rule(reader) for reader in _of("rule", records)),
        limits=tuple(_read_limit(reader) for reader in _of("limit", records)),
    )
    sites[0].finish()
    if set(rules.classes) != _MANAGED:
        raise InputError("table unreadable: rules.table needs one class record for each class")
    asked = {rule.workload_class for rule in rules.job_rules}
    if not asked.union(*(limit.classes for limit in rules.limits)) <= _MANAGED:
        raise InputError("table unreadable: unmanaged is no class a rule or limit may name")
    return rules


def _of(word: str, records: Iterable[Record]) -> list[Reader]:
    return [Reader(record) for record in records if record.word == word]


def _cluster_record(cluster: ClusterRule) -> Record:
    record = Record("cluster")
    record.text("name", cluster.name)
    record.text("region", cluster.region)
    record.names("jurisdictions", cluster.jurisdictions)
    return record


def _read_cluster(reader: Reader) -> ClusterRule:
    cluster = ClusterRule(
        name=reader.text("name"),
        region=reader.enum("region", Region),
        jurisdictions=reader.names("jurisdictions"),
    )
    reader.finish()
    return cluster


def _class_record(rule: ClassRule) -> Record:
    record = Record("class")
    record.text("name", rule.name)
    record.text("defer", "yes" if rule.defer else "no")
    record.number("max_delay", rule.max_delay)
    record.number("urgency", rule.urgency)
    record.text("sensitivity", rule.sensitivity)
    record.text("region", rule.region)
    record.text("interruptible", "yes" if rule.interruptible else "no")
    return record


def _read_class(reader: Reader) -> ClassRule:
    rule = ClassRule(
        name=reader.enum("name", WorkloadClass),
        defer=reader.yes("defer"),
        max_delay=reader.need("max_delay"),
        urgency=reader.need("urgency"),
        sensitivity=reader.enum("sensitivity", Sensitivity),
        region=reader.enum("region", Region),
        interruptible=reader.yes("interruptible"),
    )
    reader.finish()
    return rule


def _put_match(record: Record, match: Match) -> None:
    record.names("partition", match.partition)
    record.names("qos", match.qos)
    record.names("account", match.account)


def _read_match(reader: Reader) -> Match:
    return Match(reader.names("partition"), reader.names("qos"), reader.names("account"))


def _rule_record(rule: JobRule) -> Record:
    record = Record("rule")
    record.text("name", rule.name)
    record.text("class", rule.workload_class)
    _put_match(record, rule.match)
    record.names("job_name", rule.job_name)
    record.number("min_gpus", rule.min_gpus)
    record.number("max_gpus", rule.max_gpus)
    record.number("min_time", rule.min_time)
    record.number("max_time", rule.max_time)
    return record


def _read_rule(reader: Reader) -> JobRule:
    rule = JobRule(
        name=reader.text("name"),
        workload_class=reader.enum("class", WorkloadClass),
        match=_read_match(reader),
        job_name=reader.names("job_name"),
        min_gpus=reader.number("min_gpus"),
        max_gpus=reader.number("max_gpus"),
        min_time=reader.number("min_time"),
        max_time=reader.number("max_time"),
    )
    reader.finish()
    return rule


def _limit_record(limit: Limit) -> Record:
    record = Record("limit")
    record.text("name", limit.name)
    _put_match(record, limit.match)
    record.names("classes", limit.classes)
    record.number("urgency", limit.urgency)
    record.number("horizon", limit.horizon)
    record.names("residency", limit.residency)
    record.text("region", limit.region)
    record.text("excess", limit.excess)
    return record


def _read_limit(reader: Reader) -> Limit:
    names = reader.names("classes")
    if not set(names) <= set(WorkloadClass):
        raise InputError(f"table unreadable: {'+'.join(names)[:40]} is not a list of classes")
    limit = Limit(
        name=reader.text("name"),
        match=_read_match(reader),
        classes=tuple(WorkloadClass(name) for name in names),
        urgency=reader.number("urgency"),
        horizon=reader.number("horizon"),
        residency=reader.names("residency"),
        region=reader.enum("region", Region),
        excess=reader.enum("excess", Excess),
    )
    reader.finish()
    return limit
