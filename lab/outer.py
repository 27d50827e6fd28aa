"""The machine outside: what it must have, and its network settings, carried into the tree."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from lab.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lab.progress import Progress

TOOLS = {
    "debootstrap": "debootstrap",
    "systemd-nspawn": "systemd-container",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "unshare": "util-linux",
}
DISK_GIB = 6
AUTHORITIES = Path("usr/local/share/ca-certificates")
PIP_FILES = {Path("/etc/pip.conf"): "etc/pip.conf"} | {
    Path.home() / name: "root/.config/pip/pip.conf"
    for name in (".pip/pip.conf", ".config/pip/pip.conf")
}
BUNDLES = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")


def require_root(uid: int | None = None) -> None:
    """Raise LabError unless we are (or `uid` is) root."""
    if os.geteuid() if uid is None else uid:
        raise LabError(
            "the laboratory makes namespaces and mounts: run it as root (sudo make lab-up)"
        )


def require_disk(place: Path, needed: float = DISK_GIB) -> None:
    """Raise LabError when the disk that will hold `place` has too little room."""
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free / 2**30
    if free < needed:
        raise LabError(
            f"{place} has {free:.1f} GiB free, the laboratory needs {needed:g}; make room"
        )


def require_tools(progress: Progress, tools: Mapping[str, str] = TOOLS) -> None:
    """Install what is missing with apt-get, or raise LabError naming it."""
    missing = sorted({package for tool, package in tools.items() if shutil.which(tool) is None})
    if not missing:
        return
    names = " ".join(missing)
    if shutil.which("apt-get") is None:
        raise LabError(
            f"missing: {names}; this machine has no apt-get, install them by its own means"
        )
    progress.say(f"installing on this machine: {names}")
    environment = {"DEBIAN_FRONTEND": "noninteractive"}
    progress.run(["apt-get", "update"], env=environment)
    progress.run(["apt-get", "install", "-y", "--no-install-recommends", *missing], env=environment)


def carry_network_settings(root: Path) -> None:
    """Let pip inside a tree reach its registries the way it does outside."""
    _copy_file(Path("/etc/resolv.conf"), root / "etc/resolv.conf")
    for authority in (Path("/") / AUTHORITIES).glob("*.crt"):
        _copy_file(authority, root / AUTHORITIES / authority.name)
    for name in BUNDLES:
        bundle = Path(os.environ.get(name, "/nonexistent"))
        inside = root / str(bundle).lstrip("/")
        if bundle.is_file() and not inside.exists():
            _copy_file(bundle, inside)
    for outside, name in PIP_FILES.items():
        if outside.is_file():
            _copy_file(outside, root / name)


def carry_apt_settings(root: Path) -> None:
    """Let apt inside a tree reach its mirrors the way it does outside."""
    settings = subprocess.run(
        ["apt-config", "dump", "Acquire::http", "Acquire::https"], capture_output=True, text=True
    )
    (root / "etc/apt/apt.conf.d/80outer").write_text(settings.stdout)


def drop_network_settings(root: Path) -> None:
    """Take the outer machine's settings out again: a finished tree asks no registry."""
    for name in ("etc/resolv.conf", "etc/apt/apt.conf.d/80outer", *PIP_FILES.values()):
        (root / name).unlink(missing_ok=True)


def _copy_file(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)
