"""The submit hook in real slurmctlds of a federation: what users see and what Slurm then shows."""

import re
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from lab.host import Host
from lab.laboratory import Lab
from slurm_energy.model.contract import Annotation, Region, WorkloadClass
from slurm_energy.model.lease import Lease
from slurm_energy.model.rules import ClusterRule, JobRule, Limit, Match, Mode, Rules
from slurm_energy.slurm.annotation import parse
from slurm_energy.slurm.tables import NowTable, render_now, render_rules

pytestmark = pytest.mark.lab

RULES_PATH = "/etc/slurm-energy/rules.table"
NOW_PATH = "/var/lib/slurm-energy/now.table"
DAEMON = "slurm-energyd.service"
SCRIPT = "#!/bin/sh\nsleep 1\n"
EVALUATION = "energy:class=evaluation"
RULES = Rules(
    mode=Mode.LIVE,
    clusters=(
        ClusterRule("east", ("de",), Region.PRIMARY),
        ClusterRule("west", ("ch",), Region.SECONDARY),
    ),
    job_rules=(JobRule("nightly", WorkloadClass.EVALUATION, job_name=("eval-*",)),),
    limits=(Limit("long", Match(partition=("gpu-long",)), urgency=30),),
)


class Site:
    """Two controllers with our files in place, and the jobs a test has submitted."""

    def __init__(self, lab: Lab) -> None:
        self.east, self.west = lab.host("east"), lab.host("west")

    def write(self, host: Host, mode: Mode = Mode.LIVE, life: int = 600) -> None:
        now = int(time.time())
        leases = (Lease(WorkloadClass.EVALUATION, now + 7_200),)
        table = NowTable(host.name, mode, now, now + life, 60, leases)
        host.write(RULES_PATH, render_rules(RULES))
        host.write(NOW_PATH, render_now(table))

    def sbatch(
        self, *options: str, host: Host | None = None, user: str = "alice", energy: str = ""
    ) -> subprocess.CompletedProcess[str]:
        return (host or self.east).run(
            ["sbatch", "--parsable", "--output=/dev/null", "--time=10", *options],
            user=user,
            input=SCRIPT,
            check=False,
            env={"SLURM_ENERGY": energy} if energy else None,
        )

    def submit(self, *options: str, energy: str = "") -> str:
        done = self.sbatch(*options, energy=energy)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip().partition(";")[0]

    def field(self, host: Host, job: str, name: str) -> str | None:
        shown = host.run(["scontrol", "show", "job", job, "--local", "--oneliner"], check=False)
        found = re.search(rf"(?:^| ){name}=(.*?)(?= \w+(?::\w+)?=|$)", shown.stdout.strip())
        return found[1] if found else None

    def started(self, job: str) -> bool:
        states = (self.field(host, job, "JobState") for host in (self.east, self.west))
        return any(state in ("RUNNING", "COMPLETED") for state in states)

    def annotation(self, host: Host, job: str) -> Annotation:
        found = parse(self.field(host, job, "AdminComment") or "")
        assert found is not None
        return found

    def begin(self, host: Host, job: str) -> str | None:
        return self.field(host, job, "EligibleTime")

    def update(self, job: str, change: str) -> subprocess.CompletedProcess[str]:
        argv = ["scontrol", "update", f"jobid={job}", change]
        return self.east.run(argv, user="alice", check=False)


@pytest.fixture(scope="module")
def lab_site(lab: Lab) -> Iterator[Site]:
    site = Site(lab)
    kept, running = {}, []
    for host in (site.east, site.west):
        if host.systemctl("is-active", DAEMON, check=False).returncode == 0:
            running.append(host)
            host.systemctl("stop", DAEMON)
        for path in (RULES_PATH, NOW_PATH):
            kept[host.name, path] = host.run(["cat", path], check=False).stdout
    yield site
    for host in (site.east, site.west):
        for path in (RULES_PATH, NOW_PATH):
            old = kept[host.name, path]
            host.write(path, old) if old else host.run(["rm", "-f", path])
    for host in running:
        host.systemctl("start", DAEMON)


@pytest.fixture
def site(lab_site: Site) -> Iterator[Site]:
    for host in (lab_site.east, lab_site.west):
        lab_site.write(host)
    yield lab_site
    for host in (lab_site.east, lab_site.west):
        host.run(["scancel", "--user=alice"], check=False)
        host.run(["scancel", "--user=bob"], check=False)


def eventually(true: Callable[[], object], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.2)


def test_a_deferred_job_is_annotated_and_leased_on_both_clusters_while_both_are_idle(
    site: Site,
) -> None:
    done = site.sbatch("--comment=mine energy:class=evaluation,deadline=+12h", "--gpus=2")
    job = done.stdout.strip().partition(";")[0]
    assert re.search(
        r"slurm-energy: evaluation, may wait until \w{3} \d\d:\d\d, deadline \w{3} \d\d:\d\d; "
        r"energy:off to opt out",
        done.stderr,
    )
    eventually(lambda: site.field(site.west, job, "AdminComment"))
    east, west = site.annotation(site.east, job), site.annotation(site.west, job)
    assert east.contract == west.contract or abs(east.submit - west.submit) <= 1
    for found in (east, west):
        assert found.contract.workload_class is WorkloadClass.EVALUATION
        assert found.lease - found.submit == 120
        assert found.tag == "class=evaluation,deadline=+12h"
    time.sleep(6)
    for host in (site.east, site.west):
        assert site.field(host, job, "JobState") == "PENDING"
        assert site.field(host, job, "Reason") == "BeginTime"


def test_a_wrong_tag_is_refused_in_one_line(site: Site) -> None:
    done = site.sbatch("--comment=energy:deadline=tomorrow")
    assert done.returncode != 0
    assert (
        "slurm-energy: deadline=tomorrow is not a time; use ISO 8601 with offset or +30m, +12h, "
        "+3d, e.g. energy:deadline=+12h"
    ) in done.stderr


def test_an_untagged_job_and_an_opted_out_one_run_untouched(site: Site) -> None:
    for job in (site.submit(), site.submit("--job-name=eval-1", "--comment=energy:off")):
        eventually(partial(site.started, job))


def test_a_site_rule_a_limit_and_the_environment(site: Site) -> None:
    by_rule = site.annotation(site.east, site.submit("--job-name=eval-1")).contract
    assert (by_rule.rule, by_rule.urgency) == ("nightly", 20)
    energy = "class=evaluation,urgency=90"
    job = site.submit("--comment=rule all", "--partition=gpu-long", energy=energy)
    clamped = site.annotation(site.east, job)
    assert clamped.contract.urgency == 30
    assert clamped.tag == energy


@pytest.mark.parametrize(("residency", "home"), [("de", "east"), ("ch", "west")])
def test_residency_keeps_a_job_to_its_cluster(site: Site, residency: str, home: str) -> None:
    job = site.submit(f"--comment=energy:class=evaluation,residency={residency}")
    here, there = (site.east, site.west) if home == "east" else (site.west, site.east)
    eventually(lambda: site.field(here, job, "JobState") == "PENDING")
    assert site.field(there, job, "JobState") in (None, "REVOKED")
    assert site.annotation(here, job).contract.residency == (residency,)


def test_a_forbidden_cluster_an_array_and_root_are_told(site: Site) -> None:
    tag = "--comment=energy:class=evaluation,residency=ch"
    named = site.sbatch("--clusters=east", tag)
    assert "clusters=east is not permitted by residency=ch; use west" in named.stderr
    array = site.sbatch("--array=1-2", tag)
    assert "does not permit east; submit it with --clusters=west" in array.stderr
    root = site.sbatch(tag, user="root")
    assert "does not permit east; submit it with --clusters=west" in root.stderr
    assert 0 not in (named.returncode, array.returncode, root.returncode)


def test_an_array_is_leased_where_it_is(site: Site) -> None:
    job = site.submit("--array=1-2", "--comment=energy:class=evaluation,residency=de")
    assert site.annotation(site.east, job).lease > 0
    assert site.field(site.west, job, "JobState") is None
    moved = site.update(job, "clusters=west")
    assert moved.returncode != 0
    assert "an array runs only on its own cluster east" in moved.stdout + moved.stderr


def test_modify_refuses_before_anything_is_touched(site: Site) -> None:
    job = site.submit("--comment=energy:class=evaluation,residency=de")
    before = site.field(site.east, job, "AdminComment")
    wrong = site.update(job, "comment=energy:deadline=xx")
    assert wrong.returncode != 0
    assert "deadline=xx is not a time" in wrong.stderr
    assert site.field(site.east, job, "Comment") == "energy:class=evaluation,residency=de"
    for clusters in ("west", ""):
        moved = site.update(job, f"clusters={clusters}")
        assert "clusters=west is not permitted by residency=de; use east" in moved.stderr
    assert site.update(job, "comment=energy:class=training,residency=de").returncode == 0
    assert site.field(site.east, job, "AdminComment") == before


def test_the_owner_cannot_forge_the_annotation(site: Site) -> None:
    job = site.submit(f"--comment={EVALUATION}")
    before = site.field(site.east, job, "AdminComment")
    forged = site.update(job, "admincomment=slurm-energy:v=1,class=latency-critical")
    assert forged.returncode != 0
    assert site.field(site.east, job, "AdminComment") == before


def test_the_user_s_begin_and_hold_stay(site: Site) -> None:
    later = site.submit("--begin=now+1hour", f"--comment={EVALUATION}")
    found = site.annotation(site.east, later)
    assert found.lease == 0
    assert abs(found.user_begin - found.submit - 3_600) <= 1
    held = site.submit("--hold", f"--comment={EVALUATION}")
    assert site.field(site.east, held, "Reason") == "JobHeldUser"
    assert site.annotation(site.east, held).lease == 0


def test_an_interactive_job_does_not_wait(site: Site) -> None:
    done = site.east.run(
        ["srun", "--time=1", f"--comment={EVALUATION}", "true"],
        user="alice",
        check=False,
        timeout=20,
    )
    assert done.returncode == 0
    assert "may wait" not in done.stderr


@pytest.mark.parametrize("table", ["absent", "stale", "hostile", "huge"])
def test_one_side_without_a_trustworthy_table_gives_no_lease_there(site: Site, table: str) -> None:
    if table == "absent":
        site.west.run(["rm", NOW_PATH])
    elif table == "stale":
        site.write(site.west, life=-1)
    elif table == "hostile":
        site.west.write(NOW_PATH, "os.execute('touch /tmp/pwned')\n")
    else:
        site.west.write(NOW_PATH, "x" * 100_000)
    job = site.submit(f"--comment={EVALUATION}")
    assert site.annotation(site.east, job).lease > 0
    eventually(
        lambda: site.field(site.west, job, "JobState") in ("RUNNING", "COMPLETING", "COMPLETED")
    )
    assert site.annotation(site.west, job).lease == 0
    assert site.west.run(["test", "-e", "/tmp/pwned"], check=False).returncode != 0


def test_unreadable_rules_keep_a_resident_job_at_home(site: Site) -> None:
    site.west.write(RULES_PATH, "nonsense\n")
    job = site.submit("--comment=energy:class=evaluation,residency=de+ch")
    assert site.annotation(site.east, job).lease > 0
    time.sleep(3)
    assert site.field(site.west, job, "JobState") is None
    site.east.write(RULES_PATH, "nonsense\n")
    site.write(site.west)
    home = site.submit("--comment=energy:class=evaluation,residency=de+ch")
    eventually(lambda: site.field(site.east, home, "JobState") in ("RUNNING", "COMPLETED"))
    assert site.field(site.west, home, "JobState") is None


def test_shadow_only_annotates_and_off_does_nothing(site: Site) -> None:
    for host in (site.east, site.west):
        site.write(host, Mode.SHADOW)
    done = site.sbatch("--comment=energy:class=nonsense")
    assert done.returncode == 0
    assert "shadow mode: accepted all the same" in done.stderr
    job = site.submit(f"--comment={EVALUATION}", "--hold")
    assert site.annotation(site.east, job).lease == 0
    for host in (site.east, site.west):
        site.write(host, Mode.OFF, life=-1)
    off = site.submit(f"--comment={EVALUATION}", "--hold")
    assert site.field(site.east, off, "AdminComment") is None
