"""One machine of the laboratory: systemd as its first process, in namespaces of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lab.errors import LabError
from lab.processes import (
    Process,
    cgroup_roots,
    init_below,
    members_of,
    remove_cgroup,
    with_arguments,
)
from lab.progress import clean_environment, wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lab.overlay import Overlay

BOOT_SECONDS = 60.0
EXEC_SECONDS = 0.5
STOP_SECONDS = 20.0
RUN_SECONDS = 120.0
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
HOMES = {"root": "/root", "alice": "/home/alice", "bob": "/home/bob"}


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
        cgroups = [] if _has_systemd() else self._cgroups()
        for cgroup in cgroups:
            cgroup.mkdir(exist_ok=True)
        with self.log.open("w") as log:
            # setsid leaves it without parent: no terminal and no later exit of ours reaches it.
            subprocess.run(
                ["setsid", "--fork", *overlay.argv(self._nspawn(overlay.merged), cgroups)],
                check=True,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=clean_environment({"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}),
                cwd="/",
            )
        wait_until(f"{self.name} to boot", self._find_leader, BOOT_SECONDS, self.log)
        wait_until(f"systemd on {self.name}", self._answers, BOOT_SECONDS, self.log)

    def _nspawn(self, root: Path) -> list[str]:
        keep = [] if _has_systemd() else ["--keep-unit"]
        return [
            *("systemd-nspawn", "--boot", "--quiet", "--register=no", *keep),
            *(f"--directory={root}", self._machine, f"--hostname={self.name}"),
            *(f"--network-namespace-path={self.namespace}", "--resolv-conf=off"),
            *("--timezone=off", "--link-journal=no"),
        ]

    def _look_again(self) -> list[Process]:
        """Return what runs the machine a moment later.

        While one program becomes another, its command line is empty for an instant.
        """
        time.sleep(EXEC_SECONDS)
        return self._outer()

    @property
    def _machine(self) -> str:
        return f"--machine={self.instance}-{self.name}"

    def _outer(self) -> list[Process]:
        """Return what runs the machine, or is about to, told by its command line."""
        return with_arguments("systemd-nspawn", self._machine)

    def _cgroups(self) -> list[Path]:
        name = f"slurm-energy-lab.{self.instance}.{self.name}"
        return [root / name for root in cgroup_roots()]

    @property
    def _record(self) -> Path:
        return self.state / f"{self.name}.leader"

    @property
    def _leader(self) -> Process | None:
        """Return the machine's first process, which is known from boot to stop."""
        return Process(*json.loads(self._record.read_text())) if self._record.exists() else None

    def _find_leader(self) -> bool:
        outer = self._outer() or self._look_again()
        if not outer:
            raise LabError(f"{self.name} ended while booting; its console is {self.log}", self.log)
        leader = next(filter(None, (init_below(each.pid) for each in outer)), None)
        if leader is not None:
            self._record.write_text(json.dumps(leader))
        return leader is not None

    def _answers(self) -> bool:
        return self.system_state() in {"starting", "running", "degraded"}

    def system_state(self) -> str:
        """Return systemd's own word: starting, running or degraded."""
        return self.systemctl("is-system-running", check=False).stdout.strip()

    def is_running(self) -> bool:
        """Tell whether it is up."""
        leader = self._leader
        return leader is not None and leader.is_alive()

    def stop(self) -> None:
        """End it at once, all its processes with it; what it wrote stays in its overlay."""
        processes = self._all_processes()
        for process in processes:
            process.kill()
        wait_until(
            f"the end of {self.name}",
            lambda: not any(process.is_alive() for process in processes),
            STOP_SECONDS,
        )
        self._record.unlink(missing_ok=True)
        for cgroup in self._cgroups():
            remove_cgroup(cgroup)

    def _all_processes(self) -> list[Process]:
        """Return what to kill, however far the machine had come: its members go with its first."""
        outer = self._outer()
        leaders = [self._leader, *(init_below(each.pid) for each in outer)]
        members = [process for cgroup in self._cgroups() for process in members_of(cgroup)]
        return [*filter(None, leaders), *outer, *members]

    def run(
        self,
        argv: Sequence[str],
        *,
        user: str = "root",
        check: bool = True,
        input: str | None = None,  # noqa: A002 - subprocess's own word
        env: Mapping[str, str] | None = None,
        timeout: float | None = RUN_SECONDS,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command on the host and return its output; raise CalledProcessError if checked."""
        result = subprocess.run(
            self.command(argv, user=user),
            stdin=subprocess.DEVNULL if input is None else None,
            input=input,
            capture_output=True,
            text=True,
            env=self.environment(user) | dict(env or {}),
            timeout=timeout,
            check=False,
        )
        if check and result.returncode:
            error = subprocess.CalledProcessError(
                result.returncode, list(argv), result.stdout, result.stderr
            )
            said = result.stderr.strip() or result.stdout.strip()
            error.add_note(f"on {self.name} as {user}: {said}")
            raise error
        return result

    def command(self, argv: Sequence[str], *, user: str = "root") -> list[str]:
        """Return the outer command line that runs `argv` on the host."""
        leader = self._alive()
        home = HOMES.get(user, "/")
        enter = ["nsenter", f"--target={leader.pid}", "--all", f"--wdns={home}", "--"]
        become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--"]
        return [*enter, *(become if user != "root" else []), *argv]

    def _alive(self) -> Process:
        leader = self._leader
        if leader is None or not leader.is_alive():
            raise LabError(
                f"{self.name} of the laboratory {self.instance} is not up; `make lab-up`"
            )
        return leader

    def environment(self, user: str = "root") -> dict[str, str]:
        """Return the environment of a fresh login of this user."""
        home, terminal = HOMES.get(user, "/"), os.environ.get("TERM", "dumb")
        return {
            "HOME": home,
            "USER": user,
            "LOGNAME": user,
            "SHELL": "/bin/bash",
            "PATH": PATH,
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "TERM": terminal,
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

    def copy_in(self, source: Path, directory: str) -> None:
        """Copy a file of the outer machine into a directory of the host."""
        shutil.copy(source, self.outside(directory))

    def outside(self, path: str) -> Path:
        """Return where a file or socket of the host is found from the outer machine."""
        return Path(f"/proc/{self._alive().pid}/root", path.lstrip("/"))

    def systemctl(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run systemctl on the host."""
        return self.run(["systemctl", *arguments], check=check)


def _has_systemd() -> bool:
    """Tell whether systemd runs the outer machine: then nspawn asks it for a scope of its own."""
    return Path("/run/systemd/system").is_dir()
