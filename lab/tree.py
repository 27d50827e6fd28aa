"""The cached Debian tree with Slurm, the databases and Python, from which hosts are made."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import subprocess
from typing import TYPE_CHECKING

from lab.cache import cached, content_key
from lab.errors import LabError
from lab.outer import carry_apt_settings, carry_network_settings, drop_network_settings
from lab.overlay import PROJECT, chroot_argv

if TYPE_CHECKING:
    from pathlib import Path

    from lab.progress import Progress

SUITE = "forky"
SLURM = "26.05"
RECIPE = [PROJECT / "lab/tree.py", PROJECT / "lab/etc/tree"]
PACKAGES = [
    *("slurmctld", "slurmd", "slurmdbd", "slurm-client", "slurm-wlm-basic-plugins"),
    *("slurm-wlm-mysql-plugin", "libslurm-dev", "munge", "mariadb-server", "postgresql"),
    *("systemd", "systemd-sysv", "dbus", "iproute2", "procps", "less"),
    *("python3-dev", "python3-venv", "gcc", "libc6-dev"),
]
MARIADB_DATA = "var/lib/mariadb"
PASSWORDS = "etc/slurm-energy-lab"
PEOPLE = {"alice": 2001, "bob": 2002}
SERVICE_USER = ("slurm-energy", 990)


def base_tree(progress: Progress) -> Path:
    """Return the cached tree, building it when it is missing, outdated or half-built."""
    return cached("tree", content_key(RECIPE), lambda root: _build(root, progress))


def _build(root: Path, progress: Progress) -> None:
    progress.say("building the cached tree, once; the laboratory then starts in seconds")
    _debootstrap(root, progress)
    carry_network_settings(root)
    carry_apt_settings(root)
    _copy(PROJECT / "lab/etc/tree", root)
    progress.say("installing Slurm, MariaDB, PostgreSQL and systemd in it")
    _inside(root, progress, "update-ca-certificates")
    _inside(root, progress, "eatmydata", "apt-get", "update")
    _inside(root, progress, "eatmydata", "apt-get", "install", "-y", *PACKAGES)
    require_slurm(_slurm_version(root))
    _add_users(root, progress)
    _prepare_databases(root, progress)
    _make_gpus(root)
    _inside(root, progress, "apt-get", "clean")
    shutil.rmtree(root / "var/lib/apt/lists")
    drop_network_settings(root)


def _debootstrap(root: Path, progress: Progress) -> None:
    """Lay the smallest Debian, with a debootstrap that may be older than the suite's name."""
    progress.say(f"laying Debian {SUITE}")
    scripts = root.with_suffix(".scripts")
    shutil.rmtree(scripts, ignore_errors=True)
    shutil.copytree("/usr/share/debootstrap", scripts, symlinks=True)
    suite = scripts / "scripts" / SUITE
    if not suite.exists():
        suite.symlink_to("sid")
    argv = ["debootstrap", "--variant=minbase", "--include=ca-certificates,eatmydata"]
    progress.run([*argv, SUITE, str(root)], env={"DEBOOTSTRAP_DIR": str(scripts)})
    shutil.rmtree(scripts)


def _copy(source: Path, root: Path) -> None:
    for path in source.rglob("*"):
        if path.is_file():
            target = root / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)


def _inside(root: Path, progress: Progress, *argv: str, stdin: str | None = None) -> None:
    progress.run(chroot_argv(root, argv), env={"DEBIAN_FRONTEND": "noninteractive"}, stdin=stdin)


def _slurm_version(root: Path) -> str:
    argv = chroot_argv(root, ["dpkg-query", "--show", "--showformat=${Version}", "slurmctld"])
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def require_slurm(version: str) -> None:
    """Raise LabError for a Slurm with which neither pyslurm nor our configuration was tried."""
    if not version.startswith(f"{SLURM}."):
        raise LabError(
            f"Debian {SUITE} now carries Slurm {version}, the laboratory needs {SLURM}.x; "
            "state another suite in lab/tree.py, or fit it and lab/build_pyslurm.py to this one"
        )


def _add_users(root: Path, progress: Progress) -> None:
    for name, uid in PEOPLE.items():
        options = ["--create-home", "--shell", "/bin/bash", "--uid", str(uid)]
        _inside(root, progress, "useradd", *options, name)
    name, uid = SERVICE_USER
    options = ["--system", "--user-group", "--uid", str(uid), "--home-dir", "/var/lib/slurm-energy"]
    _inside(root, progress, "useradd", *options, name)


def _prepare_databases(root: Path, progress: Progress) -> None:
    """Give MariaDB and PostgreSQL their users; both are reached through passwords made here."""
    if not (root / MARIADB_DATA / "mysql").exists():
        _inside(root, progress, "eatmydata", "mariadb-install-db", "--user=mysql")
    passwords = [secrets.token_hex(16), secrets.token_hex(16)]
    _inside(
        root,
        progress,
        "mariadbd",
        "--bootstrap",
        "--user=mysql",
        stdin=MARIADB.format(passwords[0]),
    )
    (version,) = (path.name for path in (root / "var/lib/postgresql").iterdir())
    server = [f"/usr/lib/postgresql/{version}/bin/postgres", "--single", "-D"]
    as_postgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
    _inside(
        root,
        progress,
        *as_postgres,
        *server,
        f"/etc/postgresql/{version}/main",
        "postgres",
        stdin=POSTGRES.format(passwords[1]),
    )
    place = root / PASSWORDS
    place.mkdir(mode=0o700)
    for name, password in zip(("mariadb", "postgresql"), passwords, strict=True):
        (place / f"{name}.password").write_text(password)


def _make_gpus(root: Path) -> None:
    """Make the device files by which Slurm knows GPUs; each is another /dev/null."""
    (root / "opt/gpu").mkdir()
    for number in range(8):
        path = root / f"opt/gpu/gpu{number}"
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 3))
        path.chmod(0o666)


MARIADB = """
CREATE DATABASE slurm_acct_db;
FLUSH PRIVILEGES;
CREATE USER 'slurm'@'localhost' IDENTIFIED BY '{0}';
GRANT ALL ON slurm_acct_db.* TO 'slurm'@'localhost';
"""
POSTGRES = """CREATE ROLE slurm_energy LOGIN PASSWORD '{0}'
CREATE DATABASE slurm_energy OWNER slurm_energy
"""
