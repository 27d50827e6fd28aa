"""A Parquet file's rows, judged as those of a CSV file are: the extra ``parquet`` reads it."""

import importlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any

from slurm_energy.errors import SeriesError
from slurm_energy.model.series import Signal
from slurm_energy.signals.table import Layout, Table, judged


def parquet_table(content: bytes, signal: Signal, layout: Layout) -> Table:
    """Rows and faults; a row's number counts from 1. Raises ``SeriesError`` for another file."""
    try:
        parquet = importlib.import_module("pyarrow.parquet")
        arrow = importlib.import_module("pyarrow")
    except ImportError:
        told = "pyarrow is not installed; pip install 'slurm-energy[parquet]'"
        raise SeriesError(told) from None
    needed = [layout.time, layout.value] + ([] if layout.fixed_unit else [layout.unit])
    try:
        names = parquet.read_schema(BytesIO(content)).names
        _check(needed, names)
        columns = parquet.read_table(BytesIO(content), columns=needed).to_pydict()
    except arrow.ArrowException as error:
        told = str(error).splitlines()[0]
        raise SeriesError(f"no Parquet file that can be read: {told}") from None
    return judged(_rows(columns), signal, layout)


def _check(needed: Sequence[str], names: Sequence[str]) -> None:
    for name in needed:
        if name not in names:
            told = f"no column {name!r} among {', '.join(names)}"
            raise SeriesError(f"{told}; name the columns in the configuration")


def _rows(columns: Mapping[str, Sequence[Any]]) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Each row as the cells of a CSV file would be."""
    for number, values in enumerate(zip(*columns.values(), strict=True), start=1):
        yield number, dict(zip(columns, map(_cell, values), strict=True))


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return "" if value is None else str(value)
