"""A real slurmctld to measure: one cluster of the laboratory with its nodes down.

Nodes are down so that jobs stay pending and nothing but the controller uses the processor. The
laboratory's short scheduler intervals are taken out: Slurm's own defaults are what sites have.
"""

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab import lifecycle
from lab.host import Host
from lab.laboratory import Lab

HERE = Path(__file__).parent
PYTHON = "/opt/slurm-energy/bin/python"
SCRIPTS = Path("/opt/slurm-energy-bench")
CONF = "/etc/slurm/slurm.conf"
STATE = "/var/lib/slurm/slurmctld"
HOOK = "/etc/slurm/job_submit.lua"
USER = "alice"
WAIT_SECONDS = 120.0
SCRIPT_SECONDS = 900.0
SETTINGS = {"MaxJobCount": "100000", "MinJobAge": "2", "MessageTimeout": "60"}


@dataclass(frozen=True, slots=True)
class Rpc:
    """What slurmctld itself says of one kind of request: how many, and microseconds in all."""

    count: int
    microseconds: int


class Controller:
    """East of a single-cluster laboratory, as the benchmarks need it."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    @property
    def host(self) -> Host:
        return self._lab.host("east")

    def prepare(self) -> None:
        """Bring it up, large enough, its queue empty, its nodes down, our scripts on it."""
        lifecycle.up(self._lab, single=True)
        self.host.systemctl("stop", "slurm-energyd", check=False)
        for script in ("client.py", "turns.py"):
            self.host.write(str(SCRIPTS / script), (HERE / script).read_text())
        kept = [
            line
            for line in self.host.read(CONF).splitlines()
            if line.partition("=")[0] not in {*SETTINGS, "SchedulerParameters"}
        ]
        kept += [f"{name}={value}" for name, value in SETTINGS.items()]
        self.host.write(CONF, "\n".join(kept) + "\n")
        self.host.systemctl("stop", "slurmd@*", "slurmctld")
        self.host.run(["find", STATE, "-mindepth", "1", "-delete"])
        self.restart()
        self.host.run(["scontrol", "update", "nodename=ALL", "state=down", "reason=bench"])

    def plugin(self, lua: str | None) -> None:
        """Use this script as job_submit/lua, or no job_submit plugin at all."""
        conf = re.sub(r"(?m)^#?JobSubmitPlugins=.*$", _line(lua), self.host.read(CONF))
        self.host.write(CONF, conf)
        if lua is not None:
            self.host.write(HOOK, lua)
        self.restart()

    def restart(self) -> None:
        """A slurmctld that has read its configuration anew, and answers."""
        self.host.systemctl("restart", "slurmctld")
        self._until("slurmctld to answer", lambda: "UP" in self._try(["scontrol", "ping"]))

    def script(self, name: str, spec: Mapping[str, object], user: str = USER) -> Any:
        """What one of our scripts answers to ``spec``, run on the host with its Python."""
        argv = [PYTHON, str(SCRIPTS / name), json.dumps(spec)]
        return json.loads(self.host.run(argv, user=user, timeout=SCRIPT_SECONDS).stdout)

    def submit(self, how: str, name: str, jobs: int, comments: Sequence[str]) -> list[float]:
        """Submit jobs as ``client.py`` can, comments in turn; the seconds that each one took."""
        spec = {"how": how, "jobs": jobs, "name": name, "comments": comments}
        seconds: list[float] = self.script("client.py", spec)
        return seconds

    def fill(self, jobs: int, comments: Sequence[str]) -> None:
        """Let the queue hold at least this many pending jobs; they stay."""
        missing = jobs - self.pending("fill")
        if missing > 0:
            self.submit("pyslurm", "fill", missing, comments)

    def pending(self, name: str) -> int:
        argv = ["squeue", "--noheader", "--states=PENDING", f"--name={name}", "--format=%i"]
        return len(self.host.run(argv).stdout.split())

    def cancel(self, names: Sequence[str]) -> None:
        """Cancel jobs of these names and wait until slurmctld has forgotten them."""
        for name in names:
            self.host.run(["scancel", f"--name={name}"], timeout=WAIT_SECONDS)
        listing = ["squeue", "--noheader", "--states=all", f"--name={','.join(names)}"]
        self._until(f"{names} to be purged", lambda: not self.host.run(listing).stdout.strip())

    def rpc(self, message: str) -> Rpc:
        """sdiag's line for this message type since slurmctld started."""
        statistics = json.loads(self.host.run(["sdiag", "--json"]).stdout)["statistics"]
        for line in statistics["rpcs_by_message_type"]:
            if line["message_type"] == message:
                return Rpc(line["count"], line["total_time"])
        return Rpc(0, 0)

    def memory(self) -> int:
        """Resident bytes of slurmctld."""
        pid = self.host.run(["systemctl", "show", "--property=MainPID", "--value", "slurmctld"])
        return self.resident(int(pid.stdout))

    def resident(self, pid: int) -> int:
        """Resident bytes of a process, by its number on the host."""
        status = self.host.read(f"/proc/{pid}/status")
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        return int(found[1]) * 1024 if found else 0

    def _try(self, argv: Sequence[str]) -> str:
        return self.host.run(argv, check=False).stdout

    def _until(self, what: str, done: Callable[[], bool]) -> None:
        limit = time.monotonic() + WAIT_SECONDS
        while not done():
            if time.monotonic() > limit:
                raise TimeoutError(f"waited {WAIT_SECONDS:.0f} s for {what}")
            time.sleep(0.2)


def _line(lua: str | None) -> str:
    return "#JobSubmitPlugins=" if lua is None else "JobSubmitPlugins=lua"
