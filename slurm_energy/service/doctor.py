"""What is wrong with an installation, and the cure: pure, over facts that were gathered."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from slurm_energy.service.doctor_signals import SignalFacts, examine_signals
from slurm_energy.service.finding import Finding, Verdict


@dataclass(frozen=True, slots=True)
class ClusterFacts:
    """One cluster as its slurmctld answered; ``problem`` says why it did not."""

    cluster: str
    problem: str | None = None
    version: str = ""
    priority_type: str = ""
    priority_calc_period: int = 0
    site_factor_plugin: str = ""
    job_submit_plugins: tuple[str, ...] = ()
    clock_offset: int | None = None
    """Seconds that its controller's clock is ahead of ours."""
    admin_level: str | None = None
    """Of the daemon's user; None where accounting did not answer."""
    job_count: int | None = None
    max_job_count: int | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the checks look at; None: could not be found out."""

    mode: str
    local: str
    daemon_user: str
    privileged: bool
    """The daemon's user is root or SlurmUser."""
    daemon_problem: str | None
    clusters: Sequence[ClusterFacts]
    client_problem: str | None
    """Why the configured client can't speak to the Slurm installed here."""
    slurm_version: str | None
    """Of the commands and the library on this host."""
    script_problem: str | None
    rules_problem: str | None
    """Why the static rules (with residency) don't reach the hook as configured."""
    table_age: int | None
    """Seconds since the hook's table of now was written; None: there is none that can be read."""
    table_expired: bool
    database_problem: str | None
    pending_share: float
    webhook: bool = False
    """Whether grid events may be posted."""
    webhook_problem: str | None = None
    """Why nobody can, as the daemon sees it."""
    webhook_exposed: str | None = None
    """Who else can read the token."""
    stale_calendars: Mapping[str, str] = field(default_factory=dict)
    """Calendars whose listed holidays are all over, with the last of them."""
    signals: SignalFacts = field(default_factory=SignalFacts)
    no_cluster_here: Sequence[str] = ()
    """Settings of a cluster that is not here, a line each."""


OFFSET = 5
"""Seconds two clocks may differ: begin times and leases are wall-clock moments."""
CALC_PERIOD = 60


def examine(facts: Facts) -> list[Finding]:
    """All findings, in the order in which a person would mend them."""
    found = [*_configuration(facts), *_daemon(facts), *_hook(facts), *_client(facts)]
    for cluster in facts.clusters:
        found += _cluster(cluster, facts)
    return [
        *found,
        *_grid_events(facts),
        *_ledger(facts),
        *examine_signals(facts.signals),
    ]


def _judged(
    problem: str | None, name: str, fine: str, cure: str, bad: Verdict = Verdict.FAIL
) -> Finding:
    if problem is None:
        return Finding(Verdict.OK, name, fine)
    return Finding(bad, name, problem, cure)


def _configuration(facts: Facts) -> Iterator[Finding]:
    for line in facts.no_cluster_here:
        seen, _, cure = line.partition("; ")
        yield Finding(Verdict.WARN, "configuration", seen, cure)


def _daemon(facts: Facts) -> Iterator[Finding]:
    yield _judged(
        facts.daemon_problem,
        "daemon",
        f"answers; mode {facts.mode}",
        "systemctl status slurm-energyd; journalctl -u slurm-energyd",
    )


def _hook(facts: Facts) -> Iterator[Finding]:
    yield _judged(
        facts.script_problem,
        "hook script",
        "installed and ours",
        "put job_submit.lua beside slurm.conf, then scontrol reconfigure",
    )
    yield _judged(
        facts.rules_problem,
        "static rules",
        "as configured, and slurmctld can read them",
        "slurm-energy config install-rules, on this controller",
    )
    yield _table(facts)


def _table(facts: Facts) -> Finding:
    name = "table of now"
    cure = "start the daemon; without a fresh table the hook defers nothing"
    if facts.table_age is None:
        return Finding(Verdict.FAIL, name, "there is none that can be read", cure)
    if facts.table_expired:
        return Finding(Verdict.WARN, name, f"expired, written {facts.table_age} s ago", cure)
    return Finding(Verdict.OK, name, f"{facts.table_age} s old")


def _client(facts: Facts) -> Iterator[Finding]:
    yield _judged(
        facts.client_problem,
        "client",
        f"speaks Slurm {facts.slurm_version}",
        "build a pyslurm for this Slurm, or set client = 'commands' in [slurm]",
    )


def _cluster(cluster: ClusterFacts, facts: Facts) -> Iterator[Finding]:
    if cluster.problem is not None:
        cure = "is slurmctld up, and slurm.conf of this cluster the right one?"
        yield Finding(Verdict.FAIL, f"{cluster.cluster}: slurmctld", cluster.problem, cure)
        return
    yield _version(cluster, facts)
    yield from _priority(cluster)
    yield _submit(cluster, facts)
    yield _level(cluster, facts)
    yield _clock(cluster)
    yield _room(cluster, facts)


def _version(cluster: ClusterFacts, facts: Facts) -> Finding:
    name = f"{cluster.cluster}: version"
    if facts.slurm_version is None:
        return Finding(Verdict.WARN, name, f"{cluster.version}; ours is not known", "see client")
    if not cluster.version.startswith(facts.slurm_version):
        seen = f"slurmctld is {cluster.version}, this host has {facts.slurm_version}"
        return Finding(Verdict.WARN, name, seen, "install the same release of Slurm here")
    return Finding(Verdict.OK, name, cluster.version)


def _priority(cluster: ClusterFacts) -> Iterator[Finding]:
    name, kind = f"{cluster.cluster}: priority", cluster.priority_type
    if not kind.endswith("multifactor"):
        cure = "PriorityType=priority/multifactor in slurm.conf; without it only begin times work"
        yield Finding(Verdict.FAIL, name, f"PriorityType is {kind}", cure)
    elif cluster.site_factor_plugin:
        seen = (
            f"PrioritySiteFactorPlugin is {cluster.site_factor_plugin}: two would write one field"
        )
        yield Finding(Verdict.FAIL, name, seen, "remove that plugin, or stay in mode shadow")
    elif not 0 < cluster.priority_calc_period <= CALC_PERIOD:
        seen = f"PriorityCalcPeriod is {cluster.priority_calc_period} s"
        cure = "PriorityCalcPeriod=1: a priority that backfill wrote back heals each minute"
        yield Finding(Verdict.WARN, name, seen, cure)
    else:
        yield Finding(Verdict.OK, name, "multifactor, calculated each minute")


def _submit(cluster: ClusterFacts, facts: Facts) -> Finding:
    name, plugins = f"{cluster.cluster}: JobSubmitPlugins", cluster.job_submit_plugins
    if "lua" in plugins:
        return Finding(Verdict.OK, name, ",".join(plugins))
    where = "" if cluster.cluster == facts.local else f" on {cluster.cluster}"
    cure = f"JobSubmitPlugins=lua in slurm.conf{where}"
    return Finding(Verdict.FAIL, name, "has no lua: no job is annotated", cure)


def _level(cluster: ClusterFacts, facts: Facts) -> Finding:
    name, user = f"{cluster.cluster}: privileges", facts.daemon_user
    if facts.privileged:
        return Finding(Verdict.OK, name, f"{user} may change jobs")
    if cluster.admin_level in ("Operator", "Administrator"):
        return Finding(Verdict.OK, name, f"{user} is {cluster.admin_level}")
    seen = f"{user} has AdminLevel {cluster.admin_level or 'none that is known'}"
    cure = f"sacctmgr add user {user} account=root adminlevel=Operator"
    return Finding(Verdict.FAIL, name, seen, cure)


def _clock(cluster: ClusterFacts) -> Finding:
    name, offset = f"{cluster.cluster}: clock", cluster.clock_offset
    if offset is None:
        return Finding(Verdict.WARN, name, "its time is not known", "compare with date by hand")
    if abs(offset) > OFFSET:
        return Finding(Verdict.FAIL, name, f"{offset:+} s against ours", "run chrony on both hosts")
    return Finding(Verdict.OK, name, f"{offset:+} s against ours")


def _room(cluster: ClusterFacts, facts: Facts) -> Finding:
    name, count, most = f"{cluster.cluster}: job table", cluster.job_count, cluster.max_job_count
    if count is None or not most:
        return Finding(Verdict.WARN, name, "its size is not known", "see daemon")
    seen = f"{count} of MaxJobCount {most}"
    if count >= facts.pending_share * most:
        cure = "raise MaxJobCount; until then nothing is put off, for past it every sbatch fails"
        return Finding(Verdict.WARN, name, seen, cure)
    return Finding(Verdict.OK, name, seen)


def _grid_events(facts: Facts) -> Iterator[Finding]:
    if facts.webhook:
        bad = facts.webhook_problem is not None
        yield _judged(
            facts.webhook_problem or facts.webhook_exposed,
            "webhook",
            "its token is readable for the daemon and nobody else",
            "see docs/grid-events.md" if bad else "chmod 0600, and write a new token into it",
            Verdict.FAIL if bad else Verdict.WARN,
        )
    for name, last in facts.stale_calendars.items():
        cure = f"add the coming ones to calendars.{name}.holidays"
        yield Finding(Verdict.WARN, f"calendar {name}", f"its last holiday was {last}", cure)


def _ledger(facts: Facts) -> Iterator[Finding]:
    yield _judged(
        facts.database_problem,
        "database",
        "answers, schema current",
        "see [ledger] in the configuration; while it is away nothing new is put off",
    )
