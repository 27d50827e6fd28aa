"""The files that make a bare tree into `east` or `west`, and the units that each of them runs."""

from __future__ import annotations

import os
from string import Template
from typing import TYPE_CHECKING, NamedTuple

from lab.overlay import PROJECT
from lab.tree import PASSWORDS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

TEMPLATES = PROJECT / "lab/etc/host"
COPIED = {"lab/etc/slurm-energy": "/etc/slurm-energy", "systemd": "/etc/systemd/system"}
CLUSTERS = ("east", "west")
NODES = 4
EVERYWHERE = ("munge.service", "slurmctld.service")
EAST_ONLY = ("mariadb.service", "slurmdbd.service", "postgresql.service")
ACCOUNTING = ("munge.service", "mariadb.service", "slurmdbd.service")
NEVER = ("slurmd.service", "apt-daily.timer", "apt-daily-upgrade.timer", "systemd-logind.service")
PACKAGED = "/usr/lib/systemd/system"
POSTGRESQL_SETTINGS = """\
listen_addresses = '*'
fsync = off
shared_buffers = 64MB
"""
POSTGRESQL_ACCESS = """\
local all postgres peer
local all all scram-sha-256
host slurm_energy slurm_energy 127.0.0.1/32 scram-sha-256
host slurm_energy slurm_energy 10.77.0.0/24 scram-sha-256
"""


class HostFile(NamedTuple):
    """A file of a host: what it holds, who owns it and who may read it."""

    path: str
    content: str
    owner: str = "root"
    mode: int = 0o644


def nodes(cluster: str) -> list[str]:
    """Return the names of a cluster's nodes."""
    return [f"{cluster}-gpu{number}" for number in range(1, NODES + 1)]


def units(host: str) -> set[str]:
    """Return the units that a host of the laboratory runs at boot."""
    services = {f"slurmd@{node}.service" for node in nodes(host)}
    return services | {*EVERYWHERE, *(EAST_ONLY if host == "east" else ())}


def host_files(host: str, tree: Path) -> list[HostFile]:
    """Return the host's configuration of Slurm, the databases and the name service."""
    values = {"cluster": host, "mariadb_password": _password(tree, "mariadb")}
    files = [
        HostFile(f"/{path.relative_to(TEMPLATES)}", Template(path.read_text()).substitute(values))
        for path in sorted(TEMPLATES.rglob("*"))
        if path.is_file() and path.name != "slurmdbd.conf"
    ]
    slurm = Template((TEMPLATES / "etc/slurm/slurm.conf").read_text())
    for cluster in CLUSTERS:
        content = slurm.substitute(values, cluster=cluster)
        files.append(HostFile(f"/etc/slurm-energy/clusters/{cluster}.conf", content))
    line = f"east:5432:slurm_energy:slurm_energy:{_password(tree, 'postgresql')}\n"
    files.append(HostFile("/etc/slurm-energy/pgpass", line, "slurm-energy", 0o600))
    if host == "east":
        slurmdbd = Template((TEMPLATES / "etc/slurm/slurmdbd.conf").read_text()).substitute(values)
        files.append(HostFile("/etc/slurm/slurmdbd.conf", slurmdbd, "slurm", 0o600))
        (version,) = (path.name for path in (tree / "etc/postgresql").iterdir())
        place = f"/etc/postgresql/{version}/main"
        files.append(HostFile(f"{place}/conf.d/laboratory.conf", POSTGRESQL_SETTINGS))
        files.append(HostFile(f"{place}/pg_hba.conf", POSTGRESQL_ACCESS, "postgres", 0o640))
    return files


def _password(tree: Path, name: str) -> str:
    return (tree / PASSWORDS / f"{name}.password").read_text()


def project_files() -> list[HostFile]:
    """Return the working tree's hook, units and configuration for the laboratory."""
    hook = PROJECT / "etc/job_submit.lua"
    if not hook.exists():
        hook = PROJECT / "lab/etc/pass-through.lua"
    files = [HostFile("/etc/slurm/job_submit.lua", hook.read_text())]
    for source, target in COPIED.items():
        folder = PROJECT / source
        files += [
            HostFile(f"{target}/{path.relative_to(folder)}", path.read_text())
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        ]
    return files


def lay(root: Path, tree: Path, files: Iterable[HostFile], wanted: set[str]) -> None:
    """Write files below `root`, the upper layer of a host not yet booted, and choose its units."""
    for file in files:
        path = root / file.path.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.content)
        os.chown(path, *_owner(tree, file.owner))
        path.chmod(file.mode)
    system = root / "etc/systemd/system"
    wants = system / "multi-user.target.wants"
    wants.mkdir(parents=True, exist_ok=True)
    for unit in wanted:
        name, instance, _ = unit.partition("@")
        source = f"/etc/systemd/system/{name}@.service" if instance else f"{PACKAGED}/{unit}"
        (wants / unit).symlink_to(source)
    for unit in {*EVERYWHERE, *EAST_ONLY, *NEVER} - wanted:
        (system / unit).symlink_to("/dev/null")


def _owner(tree: Path, name: str) -> tuple[int, int]:
    """Return uid and gid that a name has inside the tree."""
    for line in (tree / "etc/passwd").read_text().splitlines():
        user, _, uid, gid, *_ = line.split(":")
        if user == name:
            return int(uid), int(gid)
    raise LookupError(name)
