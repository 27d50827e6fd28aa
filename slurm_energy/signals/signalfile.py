"""A signal from a file that somebody else replaces; future rows are the forecast."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from slurm_energy.errors import SeriesError
from slurm_energy.model.series import Kind, Series, Signal
from slurm_energy.signals.reading import Reading
from slurm_energy.signals.table import Layout, Table, csv_table, step_of

LARGEST = 16 * 1024 * 1024
"""Bytes; a year of five-minute rows takes a third of it."""
TableReader = Callable[[bytes, Signal, Layout], Table]
"""A file's content to its rows and faults. Raises ``SeriesError`` for another kind of file."""
FAULTS_SHOWN = 10
MIN_ROWS = 2


@dataclass(frozen=True, slots=True)
class _Version:
    """What tells one version of the file from the next."""

    inode: int
    size: int
    modified_ns: int


class SignalFile:
    """The file's series, issued when the file was last written; read again when it changes.

    Write a new version beside it and rename: a file that is read half-written may be sound.
    """

    def __init__(
        self,
        path: Path,
        signal: Signal,
        read: TableReader = csv_table,
        layout: Layout | None = None,
        kind: Kind | None = None,
    ) -> None:
        self._path = path
        self._signal = signal
        self._table = read
        self._layout = layout or Layout()
        self._kind = kind
        self._version: _Version | None = None
        self._reading = Reading(None)

    def read(self, now: int) -> Reading:  # noqa: ARG002 - a file says the same at any time
        """The newest sound series, and the faults of a newer file that was refused."""
        try:
            self._refresh()
        except OSError as error:
            self._version = None
            return self._refused((error.strerror or str(error),))
        return self._reading

    def _refresh(self) -> None:
        with self._path.open("rb") as file:
            status = os.fstat(file.fileno())
            version = _Version(status.st_ino, status.st_size, status.st_mtime_ns)
            if version == self._version:
                return
            content = file.read(LARGEST + 1)
        self._reading = self._judge(content, int(status.st_mtime))
        self._version = version

    def _judge(self, content: bytes, issued: int) -> Reading:
        """The new file's series; or the one before, with the faults."""
        if len(content) > LARGEST:
            return self._refused((f"larger than {LARGEST} bytes; keep only the days that matter",))
        try:
            table = self._table(content, self._signal, self._layout)
        except SeriesError as error:
            return self._refused((str(error),))
        if table.faults:
            return self._refused(table.faults)
        if len(table.rows) < MIN_ROWS:
            few = f"{len(table.rows)} rows: {MIN_ROWS} are needed to know how long a value holds"
            return self._refused((few,))
        return Reading(self._series(table, issued))

    def _refused(self, faults: tuple[str, ...]) -> Reading:
        before = self._reading.series
        fate = "the previous series stands" if before else "there is no series"
        return Reading(before, tuple(f"{self._path}: {line}; {fate}" for line in _shown(faults)))

    def _series(self, table: Table, issued: int) -> Series:
        times = tuple(row.time for row in table.rows)
        source = f"{self._path.name} ({table.label})" if table.label else self._path.name
        return Series(
            signal=self._signal,
            times=times,
            values=tuple(row.value for row in table.rows),
            end=times[-1] + step_of(table.rows),
            issued=issued,
            source=source,
            kind=self._kind,
        )


def _shown(faults: tuple[str, ...]) -> list[str]:
    """The first faults, and one line that counts the rest."""
    shown = list(faults[:FAULTS_SHOWN])
    if len(faults) > FAULTS_SHOWN:
        shown.append(f"{len(faults) - FAULTS_SHOWN} more faults; cure these first")
    return shown
