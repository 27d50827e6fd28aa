"""The schema, brought up to date once, whoever comes first."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from slurm_energy.errors import LedgerError
from slurm_energy.ledger.database import Connection, translated

_LOCK = 0x51E2_0001
"""An arbitrary constant: every migrator of this database waits for the same lock."""
_FILE = re.compile(r"(\d{4})_(\w+)\.sql")


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered step of the schema."""

    number: int
    name: str
    sql: bytes

    @property
    def checksum(self) -> str:
        """SHA-256 of the file: what ran must stay what is shipped."""
        return hashlib.sha256(self.sql).hexdigest()


def shipped() -> tuple[Migration, ...]:
    """Return the migrations of this version, in order."""
    folder = resources.files("slurm_energy.ledger.migrations")
    found = [(_FILE.fullmatch(file.name), file) for file in folder.iterdir()]
    steps = (Migration(int(name[1]), name[2], file.read_bytes()) for name, file in found if name)
    return tuple(sorted(steps, key=lambda step: step.number))


def migrate(connection: Connection, known: Sequence[Migration]) -> int:
    """Run what has not run yet, all or nothing; return how many steps ran.

    Raises :class:`LedgerError` in one line for a database newer than ``known``, and for a
    migration that was edited after it ran.
    """
    with translated(), connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        _bootstrap(connection)
        rows = connection.execute("SELECT number, checksum FROM slurm_energy.migration").fetchall()
        steps = outstanding(known, dict(rows))
        for step in steps:
            connection.execute(step.sql)
            connection.execute(
                "INSERT INTO slurm_energy.migration (number, name, checksum) VALUES (%s, %s, %s)",
                [step.number, step.name, step.checksum],
            )
    return len(steps)


def outstanding(known: Sequence[Migration], applied: Mapping[int, str]) -> list[Migration]:
    """Return the steps that have not run, given the checksums of those that have."""
    newest = max((step.number for step in known), default=0)
    if applied and max(applied) > newest:
        msg = (
            f"the ledger's schema is at {max(applied)}, this version knows {newest}: "
            "install the slurm-energy that wrote it, or a newer one"
        )
        raise LedgerError(msg)
    for step in known:
        if step.number in applied and applied[step.number] != step.checksum:
            msg = (
                f"migration {step.number:04}_{step.name} was edited after it ran "
                f"({step.checksum[:12]} now, {applied[step.number][:12]} then): "
                "restore the file as released; a change is a new number"
            )
            raise LedgerError(msg)
    return [step for step in known if step.number not in applied]


def _bootstrap(connection: Connection) -> None:
    """Create what records migrations. A schema made by an administrator is used as it is."""
    row = connection.execute("SELECT to_regnamespace('slurm_energy') IS NULL").fetchone()
    if row == (True,):
        connection.execute("CREATE SCHEMA slurm_energy")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS slurm_energy.migration ("
        " number integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,"
        " at timestamptz NOT NULL DEFAULT now())"
    )
