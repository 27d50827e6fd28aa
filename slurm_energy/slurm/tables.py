"""The two files the submit hook reads: the static rules and the table of now.

Both are lines of ``word key=value …`` between a first line of name and version and a last line
``end``, so that a truncated file is noticed. They are data: anything unknown or malformed makes
the whole file unreadable, here as in ``etc/job_submit.lua``.
"""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from slurm_energy.errors import InputError
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.lease import Lease
from slurm_energy.model.rules import Mode, Rules
from slurm_energy.slurm.records import Reader, Record, read_records, render_records
from slurm_energy.slurm.rulestable import read_rules, rules_records

RULES_HEAD = "slurm-energy-rules 1"
NOW_HEAD = "slurm-energy-now 1"
RULES_BYTES = 256 * 1024
NOW_BYTES = 64 * 1024
FILE_MODE = 0o644


@dataclass(frozen=True, slots=True)
class NowTable:
    """What the daemon tells the hook; epoch seconds. ``cycle`` is the length of a turn."""

    cluster: str
    mode: Mode
    issued: int
    expires: int
    cycle: int
    leases: tuple[Lease, ...] = ()


def render_rules(rules: Rules) -> str:
    """The text of ``rules.table``, ending in a digest of all before it."""
    return render_records(RULES_HEAD, rules_records(rules), RULES_BYTES, digest=True)


def parse_rules(text: str) -> Rules:
    """The rules in ``text``. Raises :class:`~slurm_energy.errors.InputError`."""
    return read_rules(read_records(text, RULES_HEAD, RULES_BYTES, digest=True))


def render_now(table: NowTable) -> str:
    """The text of ``now.table``."""
    head = Record("now")
    head.text("cluster", table.cluster)
    head.text("mode", table.mode)
    head.number("issued", table.issued)
    head.number("expires", table.expires)
    head.number("cycle", table.cycle)
    records = [head]
    for lease in table.leases:
        record = Record("lease")
        record.text("class", lease.workload_class)
        record.number("until", lease.until)
        records.append(record)
    return render_records(NOW_HEAD, records, NOW_BYTES)


def parse_now(text: str) -> NowTable:
    """The table in ``text``, whatever its age. Raises ``InputError``."""
    records = read_records(text, NOW_HEAD, NOW_BYTES)
    if not records or records[0].word != "now":
        raise InputError("table unreadable: its first record is not now; the daemon writes it anew")
    head = Reader(records[0])
    leases = [_read_lease(Reader(record, expect="lease")) for record in records[1:]]
    table = NowTable(
        cluster=head.text("cluster"),
        mode=head.enum("mode", Mode),
        issued=head.need("issued"),
        expires=head.need("expires"),
        cycle=head.need("cycle"),
        leases=tuple(leases),
    )
    head.finish()
    return table


def _read_lease(reader: Reader) -> Lease:
    lease = Lease(reader.enum("class", WorkloadClass), reader.need("until"))
    if lease.workload_class is WorkloadClass.UNMANAGED:
        raise InputError("table unreadable: unmanaged jobs get no lease; name another class")
    reader.finish()
    return lease


def write_table(path: Path, text: str) -> None:
    """Replace ``path`` by ``text`` in one step, readable for everybody, safe across a crash.

    Raises ``OSError``; the old file stays then.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), FILE_MODE)
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
