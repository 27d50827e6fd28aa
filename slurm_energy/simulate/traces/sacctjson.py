"""Jobs in a dump of ``sacct --json``, as data_parser v0.0.38 and later write it.

Newer versions wrap numbers as ``{"set": …, "infinite": …, "number": …}``. Each job is turned into
the row that ``sacct --parsable2`` would print. Source: sacct(1) and slurmrestd's OpenAPI.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from slurm_energy.errors import InputError
from slurm_energy.simulate.files import text_of
from slurm_energy.simulate.trace import Trace
from slurm_energy.simulate.traces.collect import collect
from slurm_energy.simulate.traces.row import Row
from slurm_energy.simulate.traces.slurmjob import in_units, job_of

_WHERE: Mapping[str, tuple[str, ...]] = {
    "JobID": ("job_id",),
    "JobName": ("name",),
    "Account": ("account",),
    "Partition": ("partition",),
    "Submit": ("time", "submission"),
    "Start": ("time", "start"),
    "End": ("time", "end"),
    "ElapsedRaw": ("time", "elapsed"),
    "TimelimitRaw": ("time", "limit"),
    "NNodes": ("allocation_nodes",),
    "Comment": ("comment", "job"),
    "AdminComment": ("comment", "administrator"),
}
"""Where each of sacct's columns stands in a job."""


def read(path: Path, *, skip_malformed: bool = False) -> Trace:
    """The dump's jobs, counted from the first submit; array tasks are jobs of their own.

    Raises ``InputError`` that names the job by its place in the list.
    """
    trace = collect(path, _rows(path), job_of, skip_malformed=skip_malformed, absolute=True)
    return in_units(trace)


def _rows(path: Path) -> Iterator[Row]:
    try:
        document = json.loads(text_of(path))
    except json.JSONDecodeError as error:
        msg = f"{path} line {error.lineno}: it is not JSON ({error.msg}); make the dump again"
        raise InputError(msg) from error
    except RecursionError as error:
        raise InputError(f"{path}: nested too deeply; make the dump again") from error
    jobs = document.get("jobs") if isinstance(document, dict) else None
    if not isinstance(jobs, list):
        raise InputError(f"{path}: no list of jobs in it; make the dump with sacct --json")
    for index, job in enumerate(jobs):
        cells = _cells(job)
        yield Row(f"{path} jobs[{index}] (job {cells['JobID']})", cells)


def _cells(job: object) -> dict[str, str]:
    cells = {column: _text(_at(job, *names)) for column, names in _WHERE.items()}
    cells["User"] = _text(_at(job, "user")) or _text(_at(job, "association", "user"))
    state = _at(job, "state", "current")
    cells["State"] = _text(state[0] if isinstance(state, list) and state else state)
    cells["AllocTRES"] = _tres(_at(job, "tres", "allocated"))
    cells["ReqTRES"] = _tres(_at(job, "tres", "requested"))
    return cells


def _at(value: Any, *names: str) -> Any:
    """What stands under the names, or None."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _text(value: object) -> str:
    """A cell; empty for what is absent, unset or no single value."""
    if isinstance(value, dict):
        if value.get("infinite"):
            return "UNLIMITED"
        value = value.get("number") if value.get("set", True) else None
    return str(value) if isinstance(value, str | int | float) else ""


def _tres(entries: object) -> str:
    """``cpu=8,gres/gpu=2`` from the list of what was allocated or requested."""
    found = entries if isinstance(entries, list) else []
    return ",".join(
        f"{_text(_at(entry, 'type'))}{'/' * bool(name)}{name}={_text(_at(entry, 'count'))}"
        for entry in found
        for name in [_text(_at(entry, "name"))]
    )
