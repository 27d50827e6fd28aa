"""The text of a signal file to its rows: every fault found, each named by its line."""

import csv
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from slurm_energy.errors import SeriesError
from slurm_energy.model.series import BOUNDS, Signal
from slurm_energy.signals.units import factor

EARLIEST, LATEST = 946_684_800, 4_102_444_800
"""2000 and 2100: an epoch outside is taken for milliseconds or a mistake."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read a file: its columns' names, and what it does not say itself."""

    time: str = "time"
    value: str = "value"
    unit: str = "unit"
    fixed_unit: str = ""
    """The unit of every row, for a file without a unit column."""
    currency: str = "EUR"
    """The one currency in which the site counts."""
    longest_step: int | None = None
    """A longer step between rows is a gap; seconds. None: the file's most common step."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line: seconds since the epoch, and the value in the unit the signal is kept in."""

    line: int
    time: int
    value: float


@dataclass(frozen=True, slots=True)
class Table:
    """A file that was read: its sound rows in file order, its faults, its first comment."""

    rows: tuple[Row, ...]
    faults: tuple[str, ...]
    label: str = ""


def csv_table(content: bytes, signal: Signal, layout: Layout) -> Table:
    """Rows and faults of a CSV file. Raises ``SeriesError`` for what is no UTF-8."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SeriesError(f"byte {error.start} is not UTF-8; save the file as UTF-8") from error
    return parse(text, signal, layout)


def parse(text: str, signal: Signal, layout: Layout) -> Table:
    """Rows and faults of a whole file; never raises. Lines that begin with ``#`` are comments."""
    lines = list(enumerate(text.splitlines(), start=1))
    label = next((line[1:].strip() for _, line in lines if line.startswith("#")), "")
    content = [(n, line) for n, line in lines if line.strip() and not line.startswith("#")]
    return judged(_cells(content, layout), signal, layout, label)


def judged(
    numbered: Iterable[tuple[int, Mapping[str, str]]],
    signal: Signal,
    layout: Layout,
    label: str = "",
) -> Table:
    """The table of rows, each given as cells by column.

    A ``SeriesError`` while they come is a fault of the file.
    """
    rows: list[Row] = []
    faults: list[str] = []
    try:
        for number, cells in numbered:
            try:
                rows.append(_row(number, cells, signal, layout))
            except SeriesError as error:
                faults.append(f"line {number}: {error}")
    except SeriesError as error:
        faults.append(str(error))
    # A row left out for its own fault would show as a gap: then only the order is judged.
    longest = math.inf if faults else layout.longest_step or step_of(rows)
    faults.extend(_sequence_faults(rows, longest))
    return Table(tuple(rows), tuple(faults), label)


def usual_step(times: Sequence[int]) -> int:
    """The most common step between times in seconds, the shortest of equals; 0 for one time."""
    steps = Counter(after - before for before, after in pairwise(times) if after > before)
    return min(steps, key=lambda step: (-steps[step], step)) if steps else 0


def step_of(rows: Sequence[Row]) -> int:
    """The most common step between rows in seconds; 0 for one row."""
    return usual_step([row.time for row in rows])


def _cells(
    content: Sequence[tuple[int, str]], layout: Layout
) -> Iterator[tuple[int, dict[str, str]]]:
    """Each content line as (line number, cell by column), after the header was checked."""
    if not content:
        raise SeriesError(f"no rows; expected a header with {layout.time}, {layout.value}")
    header = [name.strip() for name in _split(content[0])]
    needed = [layout.time, layout.value] + ([] if layout.fixed_unit else [layout.unit])
    for name in needed:
        if name not in header:
            msg = (
                f"line {content[0][0]}: no column {name!r} among {', '.join(header)}; "
                "name the columns in the configuration"
            )
            raise SeriesError(msg)
    for item in content[1:]:
        yield item[0], dict(zip(header, _split(item), strict=False))


def _split(item: tuple[int, str]) -> list[str]:
    try:
        return next(csv.reader([item[1]], strict=True))
    except csv.Error as error:
        raise SeriesError(f"line {item[0]}: not CSV: {error}") from error


def _row(number: int, cells: Mapping[str, str], signal: Signal, layout: Layout) -> Row:
    unit = layout.fixed_unit or cells.get(layout.unit, "")
    value = finite_number(cells.get(layout.value, "")) * factor(signal, unit, layout.currency)
    low, high = BOUNDS[signal]
    if not low <= value <= high:
        msg = f"value {value:g} {signal}: allowed {low:g} to {high:g}; check the unit"
        raise SeriesError(msg)
    return Row(number, epoch_seconds(cells.get(layout.time, "")), value)


def finite_number(text: str) -> float:
    """The number in a cell. Raises ``SeriesError``."""
    try:
        value = float(text) if "_" not in text else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        msg = f"value {text!r}: expected a finite number such as 312.5; leave unknown rows out"
        raise SeriesError(msg)
    return value


def epoch_seconds(text: str) -> int:
    """Whole seconds since the epoch from ISO 8601 with offset, or from an epoch."""
    stripped = text.strip()
    seconds: int | None
    try:
        if stripped.isascii() and stripped.isdecimal():
            seconds = int(stripped)
        else:
            moment = datetime.fromisoformat(stripped)
            seconds = math.floor(moment.timestamp()) if moment.tzinfo else None
    except (ValueError, OverflowError):
        seconds = None
    if seconds is None or not EARLIEST <= seconds <= LATEST:
        msg = (
            f"time {text!r}: expected ISO 8601 with an offset (2026-03-01T12:00:00+01:00) "
            "or epoch seconds, from 2000 to 2100"
        )
        raise SeriesError(msg)
    return seconds


def _sequence_faults(rows: Sequence[Row], longest: float) -> Iterator[str]:
    for before, after in pairwise(rows):
        step = after.time - before.time
        if step == 0:
            yield f"line {after.line}: the time of line {before.line} again; keep one of them"
        elif step < 0:
            yield f"line {after.line}: {-step} s before line {before.line}; sort the file by time"
        elif step > longest:
            yield (
                f"line {after.line}: a gap of {step} s after line {before.line}, allowed "
                f"{longest:g} s; fill it or set the longest step"
            )
