"""The default installation: one cluster, the example's settings, no database server."""

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab import lifecycle
from lab.host import Host
from lab.laboratory import Lab
from tests.lab.hands import show, show_seconds
from tests.lab.scenario import DAEMON, SETTINGS, SLURM, TURN
from tests.lab.waiting import eventually

pytestmark = pytest.mark.lab

EXAMPLE = Path(__file__).parents[2] / "etc/slurm-energy.toml"
SIGNALS = """
[signals.clusters.east]
carbon = { csv = "/etc/slurm-energy/carbon.csv" }
"""
QUARTER = 900
FIRST_START = 60.0
"""Seconds within which the embedded database is made and answers, on a busy machine."""


class Site:
    """One host, as an administrator and alice use it."""

    def __init__(self, host: Host) -> None:
        self.host = host

    def energy(self, *argv: str, user: str = "root") -> str:
        """What ``slurm-energy`` prints."""
        return self.host.run(["slurm-energy", *argv], user=user).stdout

    def status(self) -> dict[str, object]:
        """``slurm-energy status --json``; nothing while the daemon does not answer."""
        done = self.host.run(["slurm-energy", "status", "--json"], check=False)
        found: dict[str, object] = json.loads(done.stdout) if done.returncode == 0 else {}
        return found

    def grid(self, clean_from: int) -> None:
        """Carbon intensity as a file: 600 g until then, 50 g after."""
        now = int(time.time())
        first = now - now % QUARTER - 24 * 3600
        rows = [
            f"{moment},{600 if moment < clean_from else 50},gCO2eq/kWh"
            for moment in range(first, now + 60 * 3600, QUARTER)
        ]
        text = "\n".join(["time,value,unit", *rows, ""])
        self.host.write("/etc/slurm-energy/carbon.csv", text)

    def submit(self, tag: str) -> int:
        """A job of alice's with this tag."""
        argv = ["sbatch", "--parsable", "--output=/dev/null", "--time=1", f"--comment={tag}"]
        done = self.host.run(argv, user="alice", input="#!/bin/sh\nsleep 1\n")
        return int(done.stdout)

    def eligible(self, job: int) -> int:
        """The begin time that Slurm shows."""
        return show_seconds(self.host, job, "EligibleTime")

    def state(self, job: int) -> str:
        """Slurm's own word."""
        return show(self.host, job)["JobState"]

    def eventually(self, true: Callable[[], object], what: str, within: float = SLURM) -> None:
        eventually(true, what, within)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A laboratory of one host beside the other, taken down at the end."""
    lab = Lab.open(f"{os.environ.get('SLURM_ENERGY_LAB', 'test')[:15]}-one")
    lifecycle.up(lab, single=True, show=False)
    site = Site(lab.host("east"))
    site.host.systemctl("stop", DAEMON, check=False)
    site.host.run(["bash", "-c", "rm -rf /var/lib/slurm-energy/*"])
    yield site
    lifecycle.down(lab, show=False)


def test_a_new_installation_defers_explains_survives_a_restart_and_gives_back(site: Site) -> None:
    now = int(time.time())
    clean = now - now % QUARTER + 3 * 3600
    site.grid(clean)
    text = EXAMPLE.read_text().replace('mode = "shadow"', 'mode = "live"')
    site.host.write(SETTINGS, text.replace('interval = "30s"', 'interval = "3s"') + SIGNALS)
    assert "fine" in site.energy("config", "check")
    site.energy("config", "install-rules")
    site.host.systemctl("start", DAEMON)
    site.eventually(lambda: site.status().get("turn"), "a first turn", FIRST_START)

    table = "/var/lib/slurm-energy/now.table"
    site.eventually(lambda: "class=evaluation" in site.host.read(table), "a lease", TURN)
    job = site.submit("energy:class=evaluation")
    first_quarter = range(clean, clean + QUARTER)
    site.eventually(lambda: site.eligible(job) in first_quarter, "its begin in the clean hour")
    begin = site.eligible(job)
    assert site.state(job) == "PENDING"
    told = site.energy("explain", str(job), user="alice")
    assert "defer" in told
    assert "a later start before its latest start is better" in told

    site.host.systemctl("restart", DAEMON)
    site.eventually(lambda: site.status().get("turn"), "a turn after the restart", FIRST_START)
    assert site.eligible(job) == begin
    assert json.loads(site.energy("explain", str(job), "--json"))["found"][0]["history"]

    done = site.host.run(["slurm-energy", "release", "--all"])
    assert f"{job}" in done.stdout or "1 job" in done.stdout
    site.eventually(lambda: site.state(job) in ("RUNNING", "COMPLETING", "COMPLETED"), "it runs")
    later = site.submit("energy:class=evaluation")
    site.eventually(lambda: site.state(later) != "PENDING", "the hook leasing no more")


def test_the_example_as_shipped_only_watches(site: Site) -> None:
    site.host.systemctl("stop", DAEMON, check=False)
    site.host.run(["slurm-energy", "resume"])
    site.host.write(SETTINGS, EXAMPLE.read_text())
    site.energy("config", "install-rules")
    site.host.systemctl("start", DAEMON)
    site.eventually(lambda: site.status().get("turn"), "a first turn", FIRST_START)
    assert site.status()["mode"] == "shadow"
    job = site.submit("energy:class=evaluation")
    site.eventually(lambda: site.state(job) != "PENDING", "it runs as ever")
    assert "slurm-energy:v=1" in show(site.host, job)["AdminComment"]
