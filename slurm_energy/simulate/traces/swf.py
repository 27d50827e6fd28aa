"""Jobs in the Standard Workload Format, version 2.2, of the Parallel Workloads Archive.

Lines of 18 numbers after header lines that begin with ``;``; -1 stands for missing. Processors
become the pool's units. Source: Chapin et al., *Benchmarks and Standards for the Evaluation of
Parallel Job Schedulers*, 1999, and the archive's page on the format.
"""

from collections.abc import Iterator
from pathlib import Path

from slurm_energy.errors import InputError
from slurm_energy.simulate.files import text_of
from slurm_energy.simulate.trace import Trace, TraceJob
from slurm_energy.simulate.traces.collect import collect, run_seconds
from slurm_energy.simulate.traces.row import CURE, LONGEST, MOST, Row

FIELDS = (
    "job number",
    "submit time",
    "wait time",
    "run time",
    "allocated processors",
    "average CPU time",
    "used memory",
    "requested processors",
    "requested time",
    "requested memory",
    "status",
    "user",
    "group",
    "executable",
    "queue",
    "partition",
    "preceding job",
    "think time",
)
_PARTIAL = frozenset({"2", "3", "4"})
"""Status of a line for a part of a job that was swapped out; the whole job has its own line."""


def read(path: Path, *, skip_malformed: bool = False) -> Trace:
    """The log's jobs, in order of submission. Raises ``InputError`` that names the line."""
    return collect(path, _rows(path), _job, skip_malformed=skip_malformed)


def _rows(path: Path) -> Iterator[Row]:
    for number, line in enumerate(text_of(path).split("\n"), start=1):
        cells = line.split()
        if not cells or cells[0].startswith(";"):
            continue
        row = Row(f"{path} line {number}", dict(zip(FIELDS, cells, strict=False)))
        if row.text("status") not in _PARTIAL:
            yield row if len(cells) == len(FIELDS) else Row(row.place, {"": line.strip()})


def _job(row: Row) -> TraceJob | None:
    if "" in row.cells:
        raise _not_18(row)
    submit = _known(row, "submit time", LONGEST)
    if submit is None:
        raise row.fault("submit time", "a number of seconds from 0")
    run = run_seconds(_known(row, "run time", LONGEST))
    if run is None:
        return None
    return TraceJob(
        number=0,
        submit=round(submit),
        run=run,
        gpus=_processors(row),
        user=_label(row, "user"),
        account=_label(row, "group"),
        name=_label(row, "executable"),
        partition=_label(row, "queue") or _label(row, "partition"),
        limit=run_seconds(_known(row, "requested time", LONGEST)),
    )


def _known(row: Row, column: str, high: int) -> float | None:
    """The number; None for -1, which is what the format writes for missing."""
    value = row.number(column, -1, high, "a number")
    if value is not None and -1 < value < 0:
        raise row.fault(column, f"-1 or a number from 0 to {high}")
    return None if value == -1 else value


def _processors(row: Row) -> int:
    """Processors that the job had; those it asked for where the log does not say."""
    for column in ("allocated processors", "requested processors"):
        count = row.whole(column, -1, MOST)
        if count is not None and count > 0:
            return count
    raise row.fault("allocated processors", f"a whole number from 1 to {MOST}")


def _label(row: Row, column: str) -> str:
    """``user7`` for 7; the archive's logs hold numbers in place of names."""
    number = row.whole(column, -1, LONGEST)
    return "" if number is None or number < 0 else f"{column}{number}"


def _not_18(row: Row) -> InputError:
    count = len(row.text("").split())
    return InputError(f"{row.place}: {count} fields; a job has {len(FIELDS)}; {CURE}")
