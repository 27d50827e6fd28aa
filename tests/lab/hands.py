"""What an administrator does for one test and takes back, and what Slurm's own tools then say."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from lab.host import Host
from tests.lab.scenario import SLURM, Scenario
from tests.lab.waiting import eventually

SLURM_CONF = "/etc/slurm/slurm.conf"
WHOLE = ("--nodes=4", "--gpus=32", "--exclusive")
"""Options of a job that needs every node of a cluster, so that such jobs run one by one."""
ON_EAST = "--clusters=east"
UNTOUCHED = "energy:off"
"""The tag of a control job: Slurm alone decides about it."""


@dataclass(frozen=True)
class Factors:
    """One job's priority and the parts of it that we speak of, as ``sprio`` shows them."""

    priority: int
    site: int
    age: int
    fairshare: int
    qos: int

    @property
    def is_sum(self) -> bool:
        """Whether the priority is Slurm's own sum: whoever sets Priority freezes it."""
        parts = self.site + self.age + self.fairshare + self.qos
        return abs(self.priority - parts) <= 3


def sprio(host: Host) -> dict[int, Factors]:
    """The factors of every job that is eligible now on this cluster."""
    form = "%i %Y %S %A %F %Q"
    lines = host.run(["sprio", "--local", "--noheader", "-o", form]).stdout.splitlines()
    numbers = [[int(word) for word in line.split()] for line in lines]
    return {job: Factors(*factors) for job, *factors in numbers}


def wait_for_factor(host: Host, job: int, least: int = 1, within: float = SLURM) -> Factors:
    """The job's factors once its SiteFactor is at least this."""

    def found() -> Factors | None:
        factors = sprio(host).get(job)
        return factors if factors is not None and factors.site >= least else None

    return eventually(found, f"a SiteFactor of {least} for job {job}", within)


def wait_until_eligible(host: Host, job: int, within: float = SLURM) -> Factors:
    """The job's factors once Slurm itself counts it among those that may start."""

    def eligible() -> Factors | None:
        began = 0 < show_seconds(host, job, "EligibleTime") <= time.time()
        return sprio(host).get(job) if began else None

    return eventually(eligible, f"job {job} being eligible", within)


def updates_received(host: Host) -> int:
    """How many job updates this controller has carried out since it started."""
    found = json.loads(host.run(["sdiag", "--json"]).stdout)["statistics"]
    kinds = {kind["message_type"]: kind["count"] for kind in found["rpcs_by_message_type"]}
    return int(kinds.get("REQUEST_UPDATE_JOB", 0))


def fill(scenario: Scenario, host: Host | None = None) -> int:
    """A job that holds every node of a cluster until it is cancelled, and runs."""
    where = host or scenario.east
    job = scenario.submit(
        UNTOUCHED,
        *WHOLE,
        f"--clusters={where.name}",
        "--time=60",
        host=where,
        user="bob",
        script="exec sleep 3600",
    )
    eventually(lambda: scenario.ran_on(job), "the cluster being full", SLURM)
    return job


def cancel(scenario: Scenario, job: int) -> None:
    """End a job."""
    scenario.east.run(["scancel", str(job)])


def show(host: Host, job: int) -> dict[str, str]:
    """The fields of ``scontrol show job``, by name."""
    argv = ["scontrol", "--local", "--oneliner", "show", "job", str(job)]
    words = host.run(argv).stdout.split()
    return dict(word.split("=", 1) for word in words if "=" in word)


def show_seconds(host: Host, job: int, field: str) -> int:
    """A time field of ``scontrol show job`` in seconds since the epoch."""
    argv = ["scontrol", "--local", "--oneliner", "show", "job", str(job)]
    text = host.run(argv, env={"SLURM_TIME_FORMAT": "%s"}).stdout
    fields = dict(word.split("=", 1) for word in text.split() if "=" in word)
    return int(fields[field]) if fields[field].isdecimal() else 0


def stands_since(host: Host, job: int, points_per_second: float) -> float | None:
    """Since when it would be waiting untouched to stand where it stands; None: it earns no age."""
    accrues, factors = show_seconds(host, job, "AccrueTime"), sprio(host).get(job)
    return accrues - factors.site / points_per_second if accrues and factors else None


def wait_until_it_stands_like(host: Host, job: int, control: int, points_per_second: float) -> None:
    """Never worse than a control submitted with it, and better by no more than a minute."""

    def alike() -> bool:
        ours, its = (stands_since(host, each, points_per_second) for each in (job, control))
        return ours is not None and its is not None and -1 <= its - ours <= 65

    eventually(alike, f"job {job} standing like job {control}", SLURM)


@contextmanager
def slurm_conf(host: Host, *lines: str, restart: bool = False) -> Iterator[None]:
    """slurm.conf with these settings instead of its own, for a while.

    Some settings are read only when slurmctld starts (``restart``).
    """
    before = host.read(SLURM_CONF)
    names = tuple(f"{line.partition('=')[0]}=" for line in lines)
    kept = [line for line in before.splitlines() if not line.startswith(names)]
    try:
        host.write(SLURM_CONF, "\n".join([*kept, *lines, ""]))
        _reread(host, restart)
        yield
    finally:
        host.write(SLURM_CONF, before)
        _reread(host, restart)


def _reread(host: Host, restart: bool) -> None:
    if restart:
        host.systemctl("restart", "slurmctld")
        ping = ["scontrol", "--local", "ping"]
        eventually(lambda: "is UP" in host.run(ping, check=False).stdout, "slurmctld", SLURM)
        idle = ["sinfo", "--local", "--noheader", "--states=idle,alloc,mix", "--format=%D"]
        eventually(lambda: host.run(idle).stdout.split() == ["4"], "its nodes", SLURM)
    else:
        host.run(["scontrol", "--local", "reconfigure"])


@contextmanager
def limit(host: Host, user: str, setting: str, value: int) -> Iterator[None]:
    """A limit of a user's associations on this cluster, for a while."""
    where = ["where", f"cluster={host.name}"]
    argv = ["sacctmgr", "--immediate", "modify", "user", user, "set"]
    try:
        host.run([*argv, f"{setting}={value}", *where])
        yield
    finally:
        host.run([*argv, f"{setting}=-1", *where])
