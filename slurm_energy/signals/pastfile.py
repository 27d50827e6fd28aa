"""A file of measured values as history: what had ended when it was written, gaps left unknown."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from slurm_energy.errors import InputError, SeriesError
from slurm_energy.model.history import Step
from slurm_energy.model.series import Signal
from slurm_energy.signals.parquet import parquet_table
from slurm_energy.signals.table import LATEST, Layout, Table, csv_table, usual_step

LARGEST = 512 * 1024 * 1024
"""Bytes; a century of hourly rows takes a tenth of it."""
_READERS: dict[str, Callable[[bytes, Signal, Layout], Table]] = {
    ".csv": csv_table,
    ".parquet": parquet_table,
}


@dataclass(frozen=True, slots=True)
class PastFile:
    """A file that was read."""

    source: str
    """Its name and label, as where it is a configured source."""
    issued: int
    """When it was last written; seconds since the epoch."""
    steps: Sequence[Step]
    """Its values, each with the time for which it held."""
    faults: Sequence[str] = ()
    """By line; with any of them the file is not used."""

    @property
    def gaps(self) -> int:
        """Spans of which it tells nothing."""
        return sum(one.until < after.time for one, after in pairwise(self.steps))


def past_file(path: Path, signal: Signal, layout: Layout) -> PastFile:
    """The file's values; a step longer than ``layout.longest_step``, or than usual, is a gap.

    Raises ``InputError`` for a file that can't be read or is of another kind.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"{path}: allowed are files that end in {', '.join(_READERS)}")
    content, issued = _read(path)
    try:
        # The longest step there may be: gaps are no faults here, they stay unknown.
        table = reader(content, signal, replace(layout, longest_step=LATEST))
    except SeriesError as error:
        raise InputError(f"{path}: {error}") from None
    source = f"{path.name} ({table.label})" if table.label else path.name
    if table.faults or not table.rows:
        return PastFile(source, issued, (), table.faults or ("no rows",))
    return PastFile(source, issued, list(_steps(table, layout.longest_step)))


def _read(path: Path) -> tuple[bytes, int]:
    try:
        status = path.stat()
        if status.st_size > LARGEST:
            raise InputError(f"{path}: {status.st_size} bytes, allowed {LARGEST}; split the file")
        return path.read_bytes(), int(status.st_mtime)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; name a file that we may read") from None


def _steps(table: Table, longest: int | None) -> Iterator[Step]:
    usual = usual_step([row.time for row in table.rows]) or 3600
    most = longest or usual
    for row, after in pairwise(table.rows):
        yield Step(row.time, min(after.time, row.time + most), row.value)
    last = table.rows[-1]
    yield Step(last.time, last.time + usual, last.value)
