"""Jobs in a CSV file: ``arrival_time,length`` and ``gpus`` or ``cpus``, and what else is known.

Optional columns: ``user, account, name, class, deadline, max_delay, limit, tasks, nodes,
interruptible, partition``. ``arrival_time`` counts from the trace's start, ``deadline`` from the
arrival. All times are in one unit. Where there is only ``cpus``, they are the pool's units.
"""

import csv
import difflib
import io
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path

from slurm_energy.errors import InputError
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.simulate.files import text_of
from slurm_energy.simulate.trace import Trace, TraceJob
from slurm_energy.simulate.traces.collect import collect, run_seconds
from slurm_energy.simulate.traces.row import CURE, LONGEST, Row

COLUMNS = (
    "arrival_time",
    "length",
    "gpus",
    "cpus",
    "nodes",
    "user",
    "account",
    "name",
    "class",
    "partition",
    "limit",
    "deadline",
    "max_delay",
    "tasks",
    "interruptible",
)
_YES_NO = {"": False, "yes": True, "no": False, "true": True, "false": False, "1": True, "0": False}
_CLASSES = {str(name): name for name in WorkloadClass}
_LIKE = 0.8
"""How alike a strange column's name is to one of ours when it is taken for a misspelling."""


class TimeUnit(StrEnum):
    """The unit of every time in the file."""

    SECONDS = "s"
    HOURS = "h"

    @property
    def seconds(self) -> int:
        """Seconds in one."""
        return 3600 if self is TimeUnit.HOURS else 1


def read(path: Path, unit: TimeUnit = TimeUnit.SECONDS, *, skip_malformed: bool = False) -> Trace:
    """The file's jobs, in order of arrival. Raises ``InputError`` that names the line."""
    rows = _rows(path, text_of(path))
    header = next(rows, Row(f"{path} line 1", {}))
    _check_header(header)
    return collect(path, rows, lambda row: _job(row, unit), skip_malformed=skip_malformed)


def write_csv(trace: Trace, path: Path) -> None:
    """The trace as a file that :func:`read` reads back, in seconds. ``movable`` is not kept."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(_cells(job) for job in trace.jobs)


def _rows(path: Path, text: str) -> Iterator[Row]:
    """The header as a row of its own names, then every line that is not empty."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: Sequence[str] = ()
    line = 1
    try:
        for cells in reader:
            place, line = f"{path} line {line}", reader.line_num + 1
            if not header:
                header = [name.strip() for name in cells]
                yield Row(place, {name: name for name in header if name})
            elif cells:
                yield Row(place, dict(zip(header, cells, strict=False)) | _beyond(header, cells))
    except csv.Error as error:
        raise InputError(f"{path} line {line}: it is not CSV ({error}); correct it") from error


def _beyond(header: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    """What stands in a row beyond its header, under no name; a comma at the end adds nothing."""
    return {"": ",".join(cells[len(header) :])} if any(cells[len(header) :]) else {}


def _check_header(header: Row) -> None:
    names = header.cells
    for needed in ("arrival_time", "length"):
        if needed not in names:
            raise _lacks(header, needed)
    if "gpus" not in names and "cpus" not in names:
        raise _lacks(header, "gpus or cpus")
    absent = [name for name in COLUMNS if name not in names]
    for name in names:
        if name not in COLUMNS and (like := difflib.get_close_matches(name, absent, 1, _LIKE)):
            raise header.fault(name, "a column we know", f"name it {like[0]}")


def _lacks(header: Row, column: str) -> InputError:
    found = ", ".join(header.cells)[:80] or "nothing"
    return InputError(
        f"{header.place}: no column {column}; the header has {found}; "
        "needed are arrival_time, length and gpus or cpus"
    )


def _job(row: Row, unit: TimeUnit) -> TraceJob | None:
    if row.text(""):
        msg = f"{row.place}: {row.text('')!r} lies beyond the header's columns; {CURE}"
        raise InputError(msg)
    arrival = _time(row, "arrival_time", unit)
    length = _time(row, "length", unit)
    if arrival is None or length is None:
        raise row.fault("arrival_time" if arrival is None else "length", f"a time in {unit}")
    gpus, cpus = _units(row)
    submit, run = round(arrival), run_seconds(length)
    return (
        None
        if run is None
        else TraceJob(
            number=0,
            submit=submit,
            run=run,
            gpus=gpus,
            cpus=cpus,
            nodes=row.whole("nodes", 1) or 1,
            user=row.text("user"),
            account=row.text("account"),
            name=row.text("name"),
            partition=row.text("partition"),
            workload_class=_class(row),
            limit=run_seconds(_time(row, "limit", unit)),
            deadline=_deadline(row, submit, unit),
            max_delay=_rounded(_time(row, "max_delay", unit)),
            tasks=row.whole("tasks", 1) or 1,
            interruptible=_yes(row),
        )
    )


def _time(row: Row, column: str, unit: TimeUnit) -> float | None:
    """Seconds; None for an empty cell."""
    value = row.number(column, 0, LONGEST / unit.seconds, f"a number of {unit}")
    return None if value is None else value * unit.seconds


def _rounded(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds)


def _units(row: Row) -> tuple[int, int]:
    """GPUs (or the pool's units) and CPUs."""
    if "gpus" not in row.cells:
        units, cpus, column = row.whole("cpus", 1), 0, "cpus"
    else:
        units, cpus, column = row.whole("gpus", 0), row.whole("cpus", 0) or 0, "gpus"
    if units is None or units + cpus == 0:
        raise row.fault(column, "a whole number from 1")
    return units, cpus


def _class(row: Row) -> WorkloadClass | None:
    text = row.text("class").strip()
    if text and text not in _CLASSES:
        raise row.fault("class", f"one of {', '.join(_CLASSES)}")
    return _CLASSES.get(text)


def _deadline(row: Row, submit: int, unit: TimeUnit) -> int | None:
    seconds = _time(row, "deadline", unit)
    return None if seconds is None else submit + round(seconds)


def _yes(row: Row) -> bool:
    answer = _YES_NO.get(row.text("interruptible").strip().lower())
    if answer is None:
        raise row.fault("interruptible", "yes or no")
    return answer


def _cells(job: TraceJob) -> tuple[object, ...]:
    """The job's cells in the order of the columns; None is written as nothing."""
    return (
        job.submit,
        job.run,
        job.gpus,
        job.cpus,
        job.nodes,
        job.user,
        job.account,
        job.name,
        job.workload_class,
        job.partition,
        job.limit,
        None if job.deadline is None else job.deadline - job.submit,
        job.max_delay,
        job.tasks,
        "yes" if job.interruptible else "no",
    )
