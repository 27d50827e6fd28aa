from dataclasses import replace
from typing import Any

import pytest

from slurm_energy.service.doctor import ClusterFacts, Facts, examine
from slurm_energy.service.finding import Finding, Verdict

EAST = ClusterFacts(
    cluster="east",
    version="26.05.5",
    priority_type="priority/multifactor",
    priority_calc_period=60,
    job_submit_plugins=("lua",),
    clock_offset=0,
    admin_level="Operator",
    job_count=100,
    max_job_count=10_000,
)
GOOD = Facts(
    mode="live",
    local="east",
    daemon_user="slurm-energy",
    privileged=False,
    daemon_problem=None,
    clusters=(EAST,),
    client_problem=None,
    slurm_version="26.05",
    script_problem=None,
    rules_problem=None,
    table_age=12,
    table_expired=False,
    database_problem=None,
    pending_share=0.6,
)


def test_a_good_installation_is_all_ok() -> None:
    assert {finding.verdict for finding in examine(GOOD)} == {Verdict.OK}


def wrong(facts: Facts) -> Finding:
    (finding,) = [one for one in examine(facts) if one.verdict is not Verdict.OK]
    assert finding.cure
    assert "\n" not in finding.seen + finding.cure
    return finding


def test_settings_of_a_cluster_that_is_not_here_are_told() -> None:
    line = "power.clusters.eats is not the cluster here; allowed: east (x); mend the name"
    found = wrong(replace(GOOD, no_cluster_here=(line,)))
    assert (found.verdict, found.name) == (Verdict.WARN, "configuration")
    assert found.seen == "power.clusters.eats is not the cluster here"
    assert found.cure == "allowed: east (x); mend the name"


@pytest.mark.parametrize(
    ("changes", "verdict", "name", "seen"),
    [
        ({"problem": "no answer in 20 s"}, "fail", "slurmctld", "no answer"),
        ({"priority_type": "priority/basic"}, "fail", "priority", "priority/basic"),
        ({"site_factor_plugin": "site_factor/x"}, "fail", "priority", "two would write one"),
        ({"priority_calc_period": 300}, "warn", "priority", "300 s"),
        ({"job_submit_plugins": ("throttle",)}, "fail", "JobSubmitPlugins", "no lua"),
        ({"admin_level": "None"}, "fail", "privileges", "AdminLevel None"),
        ({"admin_level": None}, "fail", "privileges", "none that is known"),
        ({"clock_offset": 40}, "fail", "clock", "+40 s"),
        ({"clock_offset": None}, "warn", "clock", "not known"),
        ({"job_count": 6000}, "warn", "job table", "6000 of MaxJobCount 10000"),
        ({"job_count": None}, "warn", "job table", "not known"),
        ({"version": "25.11.2"}, "warn", "version", "this host has 26.05"),
    ],
)
def test_a_clusters_faults(changes: dict[str, Any], verdict: str, name: str, seen: str) -> None:
    finding = wrong(replace(GOOD, clusters=(replace(EAST, **changes),)))
    assert (finding.verdict, finding.name) == (verdict, f"east: {name}")
    assert seen in finding.seen


@pytest.mark.parametrize(
    ("changes", "verdict", "name"),
    [
        ({"daemon_problem": "does not answer"}, "fail", "daemon"),
        ({"script_problem": "is not the one of this version"}, "fail", "hook script"),
        ({"rules_problem": "is not what the configuration says"}, "fail", "static rules"),
        ({"table_age": None}, "fail", "table of now"),
        ({"table_expired": True}, "warn", "table of now"),
        ({"client_problem": "pyslurm is not installed"}, "fail", "client"),
        ({"slurm_version": None}, "warn", "east: version"),
        ({"database_problem": "away"}, "fail", "database"),
        ({"webhook": True, "webhook_problem": "token can't be read"}, "fail", "webhook"),
        ({"webhook": True, "webhook_exposed": "token has mode 0644"}, "warn", "webhook"),
        ({"stale_calendars": {"germany": "2025-12-26"}}, "warn", "calendar germany"),
    ],
)
def test_the_installations_faults(changes: dict[str, Any], verdict: str, name: str) -> None:
    finding = wrong(replace(GOOD, **changes))
    assert (finding.verdict, finding.name) == (verdict, name)


def test_root_and_slurm_user_need_no_admin_level() -> None:
    facts = replace(GOOD, privileged=True, clusters=(replace(EAST, admin_level="None"),))
    assert {finding.verdict for finding in examine(facts)} == {Verdict.OK}


def test_a_webhook_in_order_is_said_to_be() -> None:
    (finding,) = [one for one in examine(replace(GOOD, webhook=True)) if one.name == "webhook"]
    assert finding.verdict is Verdict.OK
