"""A trace from any file we can read: the format is seen from its content, or told."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from slurm_energy.errors import InputError
from slurm_energy.simulate.files import head_of
from slurm_energy.simulate.trace import Trace
from slurm_energy.simulate.traces import csvtrace, sacct, sacctjson, swf
from slurm_energy.simulate.traces.csvtrace import TimeUnit


class Form(StrEnum):
    """The formats of a trace."""

    CSV = "csv"
    SWF = "swf"
    SACCT = "sacct"
    SACCT_JSON = "sacct-json"


def read(
    path: Path,
    form: Form | None = None,
    unit: TimeUnit = TimeUnit.SECONDS,
    *,
    skip_malformed: bool = False,
) -> Trace:
    """The file's jobs; ``form`` None: as its content and name show. ``unit`` is for CSV alone.

    Raises ``InputError``: one line that names the place, the value and the cure.
    """
    form = form or form_of(path)
    if form is Form.CSV:
        return csvtrace.read(path, unit, skip_malformed=skip_malformed)
    if unit is not TimeUnit.SECONDS:
        msg = f"time unit {unit} with {path}: {form} has its own units; only CSV takes one"
        raise InputError(msg)
    return _READERS[form](path, skip_malformed=skip_malformed)


def form_of(path: Path) -> Form:
    """The format that the file's name or first line shows. Raises ``InputError``."""
    head = head_of(path)
    first = next((line for line in head.split("\n") if line.strip()), "").strip()
    for form, fits in _SIGNS.items():
        if fits(path.name, first):
            return form
    if not first:
        raise InputError(f"{path}: an empty file; name one with jobs")
    msg = f"{path}: begins with {first[:40]!r}, which is none of {', '.join(Form)}"
    raise InputError(f"{msg}; a CSV file needs a header with arrival_time, length, gpus or cpus")


def _looks_swf(name: str, first: str) -> bool:
    return first.startswith(";") or ".swf" in name or len(first.split()) == len(swf.FIELDS)


_SIGNS: dict[Form, Callable[[str, str], bool]] = {
    Form.SACCT_JSON: lambda _, first: first.startswith("{"),
    Form.SACCT: lambda _, first: "JobID" in first and "|" in first,
    Form.CSV: lambda _, first: "arrival_time" in first,
    Form.SWF: _looks_swf,
}
_READERS = {Form.SWF: swf.read, Form.SACCT: sacct.read, Form.SACCT_JSON: sacctjson.read}
