"""Grid events from a CSV file that somebody keeps up to date: start, end, kW and a reason.

::

    start,end,kw,reason
    2026-01-15T16:00+01:00,2026-01-15T19:00+01:00,250,TSO demand response
"""

import csv
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from slurm_energy.errors import SeriesError
from slurm_energy.model.power import GridEvent, GridEvents
from slurm_energy.signals.eventrow import grid_event
from slurm_energy.signals.table import finite_number

LARGEST = 1024 * 1024
"""Bytes; some ten thousand events."""
COLUMNS = ("start", "end", "kw", "reason")
_FAULTS_SHOWN = 10


class EventsFile:
    """Implements :class:`~slurm_energy.ports.GridEventSource`.

    Read again when it changes; a newer version with a fault leaves the previous one standing.

    A missing file is a problem, too: a site without events writes the header alone.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._version: tuple[int, int, int] | None = None
        self._read = GridEvents()

    def read(self, now: int) -> GridEvents:  # noqa: ARG002
        """What the file says now, past events included. Never raises."""
        try:
            self._refresh()
        except OSError as error:
            told = f"{self._path}: {error.strerror or error}; the previous events stand"
            self._version = None
            return GridEvents(self._read.events, (told,))
        return self._read

    def _refresh(self) -> None:
        with self._path.open("rb") as file:
            status = os.fstat(file.fileno())
            version = (status.st_ino, status.st_size, status.st_mtime_ns)
            if version != self._version:
                self._read = self._judge(file.read(LARGEST + 1))
                self._version = version

    def _judge(self, content: bytes) -> GridEvents:
        try:
            events, faults = parse(_text(content))
        except SeriesError as error:
            events, faults = (), (str(error),)
        if not faults:
            return GridEvents(events)
        return GridEvents(
            self._read.events,
            tuple(f"{self._path}: {line}; the previous events stand" for line in faults),
        )


def parse(text: str) -> tuple[tuple[GridEvent, ...], tuple[str, ...]]:
    """(events by their start, faults by line) of a whole file. Raises ``SeriesError``."""
    events: list[GridEvent] = []
    faults: list[str] = []
    for line, cells in _cells(text):
        try:
            events.append(_event(cells))
        except SeriesError as error:
            faults.append(f"line {line}: {error}")
    shown = [*faults[:_FAULTS_SHOWN]]
    if len(faults) > _FAULTS_SHOWN:
        shown.append(f"{len(faults) - _FAULTS_SHOWN} more faulty lines")
    return tuple(sorted(events, key=lambda event: (event.start, event.end))), tuple(shown)


def _cells(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row as (line number, cell by column); comment lines and empty ones left out."""
    lines = [
        (number, line)
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.startswith("#")
    ]
    if not lines:
        return
    header = [name.strip().lower() for name in _split(*lines[0])]
    if missing := [name for name in COLUMNS if name not in header]:
        raise SeriesError(
            f"line {lines[0][0]}: no column {', '.join(missing)}; begin with {','.join(COLUMNS)}"
        )
    for number, line in lines[1:]:
        yield number, dict(zip(header, _split(number, line), strict=False))


def _split(number: int, line: str) -> Sequence[str]:
    try:
        return next(csv.reader([line], strict=True))
    except csv.Error as error:
        raise SeriesError(f"line {number}: not CSV: {error}") from error


def _event(cells: dict[str, str]) -> GridEvent:
    start, end, watts, reason = (cells.get(name, "") for name in COLUMNS)
    return grid_event(start, end, finite_number(watts), reason)


def _text(content: bytes) -> str:
    if len(content) > LARGEST:
        raise SeriesError(f"larger than {LARGEST} bytes; keep only the events that matter")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SeriesError(f"not UTF-8 at byte {error.start}; write it as UTF-8") from error
