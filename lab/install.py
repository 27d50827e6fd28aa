"""The working tree on running hosts: its wheel, hook, units and configuration."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from lab import configuration
from lab.cache import content_key
from lab.errors import LabError
from lab.python import VENV

if TYPE_CHECKING:
    from pathlib import Path

    from lab.host import Host
    from lab.laboratory import Lab
    from lab.progress import Progress

DAEMON = "slurm-energyd.service"
COMMANDS = ("slurm-energy", "slurm-energyd")
PIP = [f"{VENV}/bin/pip", "install", "--no-deps", "--no-index", "--force-reinstall"]


def project_key(wheel: Path | None) -> str:
    """Return a key of all that `install` brings to the hosts."""
    return content_key([wheel] if wheel else [], repr(configuration.project_files()))


def install(lab: Lab, wheel: Path | None, progress: Progress) -> None:
    """Bring the working tree to all hosts and restart its daemon there."""
    progress.say("installing the working tree")
    paths = [file.path for file in configuration.project_files()]
    gone = sorted(set(lab.record().get("files", [])) - set(paths))
    with ThreadPoolExecutor() as pool:
        list(pool.map(partial(_install, wheel=wheel, gone=gone), lab.hosts))
    lab.remember({"files": paths})


def _install(host: Host, wheel: Path | None, gone: list[str]) -> None:
    host.run(["rm", "--force", "--", *gone])
    for file in configuration.project_files():
        host.write(file.path, file.content, file.owner, file.mode)
    host.systemctl("daemon-reload")
    if wheel is None:
        return
    host.copy_in(wheel, "/root")
    host.run([*PIP, f"/root/{wheel.name}"])
    for name in COMMANDS:
        host.run(["ln", "-sfn", f"{VENV}/bin/{name}", f"/usr/local/bin/{name}"])
    host.run(["slurm-energy", "config", "install-rules"])
    if host.run(["test", "-e", f"/etc/systemd/system/{DAEMON}"], check=False).returncode == 0:
        _restart_daemon(host)


def _restart_daemon(host: Host) -> None:
    host.systemctl("enable", "--quiet", DAEMON)
    host.systemctl("restart", DAEMON, check=False)
    if host.systemctl("is-active", "--quiet", DAEMON, check=False).returncode:
        raise LabError(
            f"{DAEMON} does not start on {host.name}; "
            f"its reason: python3 -m lab run {host.name} journalctl -u {DAEMON}"
        )
