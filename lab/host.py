"""One machine of the laboratory: systemd as its first process, in namespaces of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from lab.errors import LabError
from lab.overlay import PROJECT, Overlay
from lab.processes import Process, cgroup_roots, identify, init_below, remove_cgroup
from lab.progress import clean_environment, wait_until

BOOT_SECONDS = 60.0
STOP_SECONDS = 20.0
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class HostFile(NamedTuple):
    """A file of a host: what it holds, who owns it and who may read it."""

    path: str
    content: str
    owner: str = "root"
    mode: int = 0o644


@dataclass(frozen=True)
class Host:
    """A machine named `name` inside and `<instance>-<name>` outside, its state below `state`."""

    name: str
    instance: str
    state: Path
    namespace: Path

    @property
    def log(self) -> Path:
        """Return where its console goes."""
        return self.state / f"{self.name}.console"

    def start(self, overlay: Overlay) -> None:
        """Boot on an overlay that holds its files already; return when systemd answers."""
        pid_file = self.state / f"{self.name}.pid"
        pid_file.unlink(missing_ok=True)
        cgroups = [] if _has_systemd() else self._cgroups()
        for cgroup in cgroups:
            cgroup.mkdir(exist_ok=True)
        argv = overlay.argv(self._nspawn(overlay.merged), cgroups, pid_file)
        environment = {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}
        with self.log.open("w") as log:
            # setsid leaves it without parent: no terminal and no later exit of ours reaches it.
            subprocess.run(
                ["setsid", "--fork", *argv],
                check=True,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=clean_environment(environment),
                cwd="/",
            )
        wait_until(f"{self.name} to boot", lambda: self._find(pid_file), BOOT_SECONDS, self.log)
        wait_until(f"systemd on {self.name}", self._answers, BOOT_SECONDS, self.log)

    def _nspawn(self, root: Path) -> list[str]:
        keep = [] if _has_systemd() else ["--keep-unit"]
        return [
            *("systemd-nspawn", "--boot", "--quiet", "--register=no", *keep),
            *(f"--directory={root}", f"--machine={self.instance}-{self.name}"),
            *(f"--hostname={self.name}", f"--network-namespace-path={self.namespace}"),
            *("--resolv-conf=off", "--timezone=off", "--link-journal=no"),
        ]

    def _cgroups(self) -> list[Path]:
        name = f"slurm-energy-lab.{self.instance}.{self.name}"
        return [root / name for root in cgroup_roots()]

    def _find(self, pid_file: Path) -> bool:
        if not pid_file.exists():
            return False
        outer = identify(int(pid_file.read_text()))
        if outer is None:
            raise LabError(f"{self.name} ended while booting; its console is {self.log}", self.log)
        leader = init_below(outer.pid)
        if leader is not None:
            self._record.write_text(json.dumps([outer, leader]))
        return leader is not None

    @property
    def _record(self) -> Path:
        return self.state / f"{self.name}.json"

    def _processes(self) -> list[Process]:
        if not self._record.exists():
            return []
        return [Process(*each) for each in json.loads(self._record.read_text())]

    def _answers(self) -> bool:
        state = self.run(["systemctl", "is-system-running"], check=False).stdout.strip()
        return state in {"starting", "running", "degraded"}

    def is_running(self) -> bool:
        """Tell whether it is up."""
        processes = self._processes()
        return bool(processes) and all(each.is_alive() for each in processes)

    def stop(self) -> None:
        """End it at once, all its processes with it; what it wrote stays in its overlay."""
        for process in reversed(self._processes()):
            process.kill()
            wait_until(f"the end of {self.name}", lambda p=process: not p.is_alive(), STOP_SECONDS)  # type: ignore[misc]
        self._record.unlink(missing_ok=True)
        for cgroup in self._cgroups():
            remove_cgroup(cgroup)

    def run(
        self,
        argv: Sequence[str],
        *,
        user: str = "root",
        check: bool = True,
        input: str | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float | None = 120.0,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command on the host and return its output; raise CalledProcessError when checked."""
        result = subprocess.run(
            self.command(argv, user=user),
            stdin=subprocess.DEVNULL if input is None else None,
            input=input,
            capture_output=True,
            text=True,
            env=self.environment(user) | dict(env or {}),
            timeout=timeout,
        )
        if check and result.returncode:
            error = subprocess.CalledProcessError(
                result.returncode, list(argv), result.stdout, result.stderr
            )
            error.add_note(
                f"on {self.name} as {user}: {result.stderr.strip() or result.stdout.strip()}"
            )
            raise error
        return result

    def command(self, argv: Sequence[str], *, user: str = "root") -> list[str]:
        """Return the outer command line that runs `argv` on the host."""
        processes = self._processes()
        if not processes or not self.is_running():
            raise LabError(
                f"{self.name} of the laboratory {self.instance} is not up; `make lab-up`"
            )
        home = _home(user)
        enter = ["nsenter", f"--target={processes[-1].pid}", "--all", f"--wdns={home}", "--"]
        become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--"]
        return [*enter, *(become if user != "root" else []), *argv]

    def environment(self, user: str = "root") -> dict[str, str]:
        """Return the environment of a fresh login of this user."""
        home = _home(user)
        terminal = os.environ.get("TERM", "dumb")
        return {
            **{"HOME": home, "USER": user, "LOGNAME": user, "SHELL": "/bin/bash"},
            **{"PATH": PATH, "LANG": "C.UTF-8", "TZ": "UTC", "TERM": terminal},
        }

    def write(self, path: str, text: str, owner: str = "root", mode: int = 0o644) -> None:
        """Write a file on the host; it appears whole, by rename."""
        fresh = f"{path}.new"
        options = ["-D", f"--owner={owner}", f"--group={owner}", f"--mode={mode:o}"]
        self.run(["install", *options, "/dev/stdin", fresh], input=text)
        self.run(["mv", "--no-target-directory", fresh, path])

    def read(self, path: str) -> str:
        """Return the text of a file on the host."""
        return self.run(["cat", path]).stdout

    def copy_in(self, source: Path, path: str) -> None:
        """Copy a file of the outer machine to the host."""
        leader = self._processes()[-1].pid
        shutil.copy(source, Path(f"/proc/{leader}/root") / path.lstrip("/"))

    def systemctl(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run systemctl on the host."""
        return self.run(["systemctl", *arguments], check=check)

    def signal(self, unit: str, number: signal.Signals) -> None:
        """Send a signal to all processes of a unit, as `kill -9` would."""
        self.systemctl("kill", f"--signal={number.name}", unit)


def _home(user: str) -> str:
    homes = {"root": "/root", "alice": "/home/alice", "bob": "/home/bob"}
    return homes.get(user, "/")


def _has_systemd() -> bool:
    """Tell whether systemd runs the outer machine: then nspawn asks it for a scope of its own."""
    return Path("/run/systemd/system").is_dir()
