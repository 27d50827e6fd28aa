"""A PostgreSQL server of the site's own, as the configuration names it."""

from pathlib import Path

from psycopg.conninfo import make_conninfo

from slurm_energy.errors import LedgerUnavailable
from slurm_energy.ledger.database import translated


class Server:
    """Where to connect, with the password read anew each time, so that it can be changed."""

    def __init__(self, url: str, password_file: Path | None = None) -> None:
        self._url = url
        self._password_file = password_file

    def address(self) -> str:
        """Return what to connect to. Raises LedgerUnavailable for an unreadable password file."""
        if self._password_file is None:
            return self._url
        try:
            password = self._password_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            msg = f"ledger.password_file {self._password_file}: {error}; make it readable to us"
            raise LedgerUnavailable(msg) from error
        with translated():
            return make_conninfo(self._url, password=password)
