"""The truth about a grid over a period: one column of a file that holds a zone in each."""

import csv
import io
from pathlib import Path

from slurm_energy.errors import SeriesError
from slurm_energy.model.series import Series, Signal
from slurm_energy.signals.table import Layout, Table, parse, step_of
from slurm_energy.simulate.files import text_of

_UNITS = {Signal.CARBON: "gCO2eq/kWh", Signal.PRICE: "EUR/MWh"}
"""A price's currency is whatever the file counts in: nothing here adds two of them."""
_FEWEST = 2


def carbon_column(path: Path, column: str) -> Series:
    """Carbon intensity in gCO2eq/kWh. Raises ``SeriesError`` that names the line."""
    return _column(path, column, Signal.CARBON)


def price_column(path: Path, column: str) -> Series:
    """Price per MWh; negative prices are real. Raises ``SeriesError`` that names the line."""
    return _column(path, column, Signal.PRICE)


def _column(path: Path, column: str, signal: Signal) -> Series:
    text = text_of(path)
    time = _time_column(path, text, column)
    table = parse(text, signal, Layout(time, column, fixed_unit=_UNITS[signal]))
    _check(path, column, table)
    times = tuple(row.time for row in table.rows)
    return Series(
        signal=signal,
        times=times,
        values=tuple(row.value for row in table.rows),
        end=times[-1] + step_of(table.rows),
        issued=times[0],
        source=f"{path.name}:{column}",
    )


def _time_column(path: Path, text: str, column: str) -> str:
    """The first column's name, whatever it is; the wanted column must stand beside it."""
    lines = (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    header = [name.strip() for name in next(csv.reader(io.StringIO(next(lines, ""))), [])]
    if not header:
        raise SeriesError(f"{path}: no header; the first line names a time column and zones")
    if column not in header[1:]:
        zones = ", ".join(header[1:])[:200] or "none"
        raise SeriesError(f"{path}: no column {column!r}; it has {zones}; name one of these")
    return header[0]


def _check(path: Path, column: str, table: Table) -> None:
    """The first fault, and how many more there are, in one line."""
    if table.faults:
        more = len(table.faults) - 1
        rest = f" (and {more} more faults in this column)" if more else ""
        raise SeriesError(f"{path}, column {column}, {table.faults[0]}{rest}")
    if len(table.rows) < _FEWEST:
        msg = f"{path}, column {column}: {len(table.rows)} rows; two tell how long a value holds"
        raise SeriesError(msg)
