"""A site to try things on: a grid that a test describes, the daemons, users, and what Slurm shows.

A test says what the grid does (``Grid(dirty=40)``: forty dirty seconds, then clean), starts the
daemons, submits as alice or bob, and waits for what was promised, each wait with its own limit.
"""

import json
import subprocess
import time
from collections.abc import Sequence
from functools import partial
from math import ceil
from typing import Any

from lab.host import Host
from lab.laboratory import Lab
from slurm_energy.errors import DaemonUnavailable, InputError
from slurm_energy.model.lease import Lease
from slurm_energy.service.client import ask
from slurm_energy.slurm.tables import NowTable, parse_now
from tests.lab.grid import CLEAN, STEP, Grid
from tests.lab.settings import CARBON, PRICE
from tests.lab.settings import settings as written
from tests.lab.shown import Shown, shown
from tests.lab.waiting import eventually

DAEMON = "slurm-energyd.service"
SETTINGS = "/etc/slurm-energy/slurm-energy.toml"
RULES = "/etc/slurm-energy/rules.table"
STATE = "/var/lib/slurm-energy"
NOW = f"{STATE}/now.table"
SOCKET = "/run/slurm-energy/query.sock"
INTERVAL = 3
"""Seconds between two turns; the hook's lease of two turns leaves a busy machine time for one."""
SLURM = 20.0
"""Seconds within which Slurm has done what it was told, on a busy machine."""
TURN = 20.0
"""Seconds within which a daemon has done a turn, on a busy machine."""
EVALUATION = "energy:class=evaluation"


class Scenario:
    """The two hosts, and the hands of everybody who works on them."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.east, self.west = lab.host("east"), lab.host("west")
        self.hosts = (self.east, self.west)
        self._shown_at = 0
        """When :data:`RECORDED` is shown."""

    # The site

    def configure(
        self,
        grid: Grid = CLEAN,
        extra: str = "",
        *,
        mode: str = "live",
        interval: int = INTERVAL,
        timeout: int = 5,
        daemon: str = "",
        slurm: str = "",
        site: str = "",
        hosts: Sequence[Host] = (),
    ) -> float:
        """Write configuration, static rules and signals to both hosts, or to some.

        Returns when the grid turns clean.
        ``extra`` is TOML after the last table, ``daemon``, ``slurm`` and ``site`` more lines of
        these tables; ``timeout`` is that of one call to Slurm. A running daemon takes it at its
        next reload or restart.
        """
        if not hosts:
            # On the policy's own slots, or it would start a job within the slot that turns clean.
            self._shown_at = int(time.time()) // STEP * STEP
        now, clean = time.time(), 0.0
        settings = (
            written(
                mode,
                f'interval = "{interval}s"\n{daemon}',
                f'timeout = "{timeout}s"\n{slurm}',
                site,
                self._shown_at,
            )
            + extra
        )
        for host in hosts or self.hosts:
            host.write(SETTINGS, settings)
            clean = self.write_grid(host, grid, now)
            self.install_rules(host)
        return clean

    def write_grid(self, host: Host, grid: Grid, at: float | None = None) -> float:
        """Both signals' files, renamed into place: what the grid does from ``at``, or now, on.

        Returns when it turns clean; seconds since the epoch.
        """
        first = round(((time.time() if at is None else at) - self._shown_at) / STEP)
        host.write(CARBON, grid.csv(600, 50, "gCO2eq/kWh", first))
        host.write(PRICE, grid.csv(200, 10, "EUR/MWh", first))
        return self._shown_at + (first + ceil(grid.dirty / STEP)) * STEP

    def install_rules(self, host: Host) -> None:
        """Static rules for the hook, as an administrator installs them."""
        host.run(["slurm-energy", "config", "install-rules"])

    def reset(self) -> None:
        """No job, no memory of one, daemons stopped: where every test begins."""
        self.stop()
        self.cancel_all()
        for host in self.hosts:
            files = ("now.table", "held.json", "released", "grid-events.json", "signals")
            host.run(["rm", "-rf", *(f"{STATE}/{name}" for name in files)])

    def cancel_all(self) -> None:
        """Every job of both users ends, on both clusters."""
        for host in self.hosts:
            for user in ("alice", "bob"):
                host.run(["scancel", "--user", user], check=False)
        for host in self.hosts:
            eventually(partial(_is_empty, host), "an empty queue", SLURM)

    # The daemons

    def start(self, *hosts: Host) -> None:
        """(Re)start the daemon on both hosts, or on some; returns after its first turn."""
        for host in hosts or self.hosts:
            host.systemctl("reset-failed", DAEMON, check=False)
            host.systemctl("restart", DAEMON)
        for host in hosts or self.hosts:
            eventually(partial(self.turns, host), f"a turn on {host.name}", TURN)

    def stop(self, *hosts: Host) -> None:
        """End the daemon on both hosts, or on some."""
        for host in hosts or self.hosts:
            host.systemctl("stop", DAEMON, check=False)

    def kill(self, *hosts: Host) -> None:
        """SIGKILL the daemon and its workers; ten seconds later systemd would start it again.

        It is waited for: a stop during the death would make it a failure for good.
        """
        for host in hosts or self.hosts:
            host.systemctl("kill", "--signal=KILL", DAEMON)
        for host in hosts or self.hosts:
            eventually(partial(_is_dead, host), f"the death of the daemon on {host.name}", SLURM)

    def kill_for_good(self, *hosts: Host) -> None:
        """SIGKILL the daemon and its workers, and nobody starts it again."""
        self.kill(*hosts)
        self.stop(*hosts)

    def status(self, host: Host) -> dict[str, Any]:
        """What ``slurm-energy status --json`` would say. Raises ``DaemonUnavailable``."""
        return self.ask(host, "status")

    def turns(self, host: Host) -> int:
        """Turns that this host's daemon has ended. Raises ``DaemonUnavailable``."""
        return int(self.status(host)["cycles"])

    def ask(self, host: Host, question: str, **arguments: Any) -> dict[str, Any]:
        """What the daemon of this host answers. Raises ``DaemonUnavailable``."""
        return ask(host.outside(SOCKET), question, **arguments)

    def wait_for_turns(self, host: Host, count: int = 2, within: float = TURN) -> dict[str, Any]:
        """The status once so many more turns have ended.

        A turn that was under way may have read before what the test did, so two is the rule.
        """
        due = eventually(lambda: self.turns(host) + count, f"an answer of {host.name}", within)

        def turned() -> dict[str, Any] | None:
            status = self.status(host)
            return status if status["cycles"] >= due else None

        return eventually(turned, f"{count} turns on {host.name}", within + count * INTERVAL)

    def leads(self, host: Host) -> bool:
        """Whether the last turn of this host's daemon led; False while it does not answer."""
        try:
            turn = self.status(host)["turn"]
        except DaemonUnavailable:
            return False
        return turn is not None and bool(turn["leading"])

    def wait_for_lead(self, within: float = TURN) -> Host:
        """The host whose daemon leads."""
        return eventually(
            lambda: next((host for host in self.hosts if self.leads(host)), None),
            "a leading daemon",
            within,
        )

    def other(self, host: Host) -> Host:
        """The host that is not this one."""
        return self.west if host.name == "east" else self.east

    def table(self, host: Host) -> NowTable | None:
        """The table that the hook beside this daemon reads; None: there is none that is sound."""
        try:
            return parse_now(host.outside(NOW).read_text())
        except (FileNotFoundError, InputError):
            return None

    def leases(self, host: Host) -> tuple[Lease, ...]:
        """What a sound table of this host's hook holds off; none where there is no such table."""
        table = self.table(host)
        return () if table is None else table.leases

    def wait_for_lease(self, *hosts: Host, within: float = TURN) -> None:
        """Wait until jobs of class evaluation would be held off at submit."""
        for host in hosts or self.hosts:
            eventually(partial(self.leases, host), f"a lease in the table of {host.name}", within)

    def log(self, host: Host, since: float) -> str:
        """What the daemon of this host said since then; seconds since the epoch."""
        argv = ["journalctl", f"--unit={DAEMON}", f"--since=@{int(since)}", "--output=cat"]
        return host.run(argv).stdout

    # Users and administrators

    def sbatch(
        self, *options: str, host: Host | None = None, user: str = "alice", script: str = "sleep 1"
    ) -> subprocess.CompletedProcess[str]:
        """``sbatch`` on east: one minute, one GPU, unless the options say otherwise."""
        argv = ["sbatch", "--parsable", "--output=/dev/null", "--time=1", "--gpus=1", *options]
        return (host or self.east).run(argv, user=user, input=f"#!/bin/sh\n{script}\n", check=False)

    def submit(
        self,
        tag: str = EVALUATION,
        *options: str,
        host: Host | None = None,
        user: str = "alice",
        script: str = "sleep 1",
    ) -> int:
        """A batch job with this comment; its number."""
        done = self.sbatch(f"--comment={tag}", *options, host=host, user=user, script=script)
        assert done.returncode == 0, done.stderr
        return int(done.stdout.partition(";")[0])

    def update(
        self, job: int, *changes: str, host: Host | None = None, user: str = "root"
    ) -> subprocess.CompletedProcess[str]:
        """``scontrol update`` on east."""
        argv = ["scontrol", "update", f"jobid={job}", *changes]
        return (host or self.east).run(argv, user=user, check=False)

    # What is seen

    def job(self, job: int, host: Host | None = None) -> Shown | None:
        """The job as this cluster, else east, has it; None where it does not know it."""
        argv = ["scontrol", "--local", "--json", "show", "job", str(job)]
        done = (host or self.east).run(argv, check=False)
        found = json.loads(done.stdout or "{}").get("jobs", [])
        return shown(found[0]) if found else None

    def deferred_until(self, job: int, host: Host | None = None) -> int:
        """Begin time ahead, as its origin shows it; 0 where there is none."""
        shown = self.job(job, host)
        waits = shown is not None and shown.state == "PENDING" and shown.eligible > time.time()
        return shown.eligible if shown is not None and waits else 0

    def ran_on(self, job: int) -> Host | None:
        """The host whose cluster started it; None while none has."""
        for host in self.hosts:
            shown = self.job(job, host)
            if shown is not None and shown.ran:
                return host
        return None

    def started(self, job: int) -> int | None:
        """When it started, on whichever cluster; None while it has not."""
        host = self.ran_on(job)
        shown = None if host is None else self.job(job, host)
        return shown.start if shown is not None else None

    def wait_for_start(self, job: int, within: float = SLURM) -> int:
        """When it started, on whichever cluster, once it has."""
        return eventually(lambda: self.started(job), f"the start of job {job}", within)

    def wait_until_deferred(self, job: int, within: float = SLURM) -> None:
        """Wait until its begin time is more than a minute ahead: no lease, a deferral."""
        eventually(
            lambda: self.deferred_until(job) > time.time() + 60, f"job {job} waiting", within
        )

    def decision(self, job: int, host: Host) -> dict[str, Any] | None:
        """The row of this job in ``slurm-energy queue``, as this host's daemon has it."""
        rows = self.ask(host, "queue")["jobs"]
        return next((row for row in rows if row["job"] == job), None)

    def wait_for_decision(
        self, job: int, host: Host, decision: str, within: float = TURN
    ) -> dict[str, Any]:
        """Wait until the daemon of this host says this of the job at its origin; the row."""

        def decided() -> dict[str, Any] | None:
            row = self.decision(job, host)
            return row if row is not None and row["decision"] == decision else None

        return eventually(decided, f"{decision} for job {job} on {host.name}", within)


def _is_dead(host: Host) -> bool:
    """Whether the daemon's death is over: what follows waits for its time, or nothing follows."""
    state = host.systemctl("show", "--property=SubState", "--value", DAEMON).stdout.strip()
    return state in ("auto-restart", "failed", "dead")


def _is_empty(host: Host) -> bool:
    return not host.run(["squeue", "--local", "--noheader"]).stdout.strip()
