"""Jobs in a dump of ``sacct --parsable2``: a header of column names, then cells between bars.

Make it with ``sacct -aX -P --noconvert`` and a ``--format`` of the columns below, with ``TZ=UTC``:
a time without an offset is read as UTC. Comments are in it only where slurmdbd keeps them
(``AccountingStoreFlags=job_comment`` in slurm.conf). Source: sacct(1).
"""

from collections.abc import Iterator
from pathlib import Path

from slurm_energy.errors import InputError
from slurm_energy.simulate.files import text_of
from slurm_energy.simulate.trace import Trace, TraceJob
from slurm_energy.simulate.traces.collect import collect
from slurm_energy.simulate.traces.row import CURE, Row
from slurm_energy.simulate.traces.slurmjob import in_units, job_of

_RUN = ("ElapsedRaw", "Elapsed", "End")
_WIDTH = ("AllocTRES", "ReqTRES", "NCPUS", "AllocCPUS")
_NEEDED = (("JobID", "JobIDRaw"), ("Submit",), _RUN, _WIDTH)


def read(path: Path, *, skip_malformed: bool = False) -> Trace:
    """The dump's jobs, counted from the first submit; steps are left out, array tasks are jobs.

    Raises ``InputError`` that names the line.
    """
    trace = collect(path, _rows(path), _job, skip_malformed=skip_malformed, absolute=True)
    return in_units(trace)


def _rows(path: Path) -> Iterator[Row]:
    header: list[str] = []
    for number, line in enumerate(text_of(path).split("\n"), start=1):
        if not line.strip():
            continue
        cells, place = line.rstrip("\r").split("|"), f"{path} line {number}"
        if not header:
            header = [name.strip() for name in cells]
            _check(header, place)
        elif len(cells) != len(header):
            yield Row(place, {"": f"{len(cells)} cells, the header has {len(header)}"})
        elif not _is_step(row := Row(place, dict(zip(header, cells, strict=True)))):
            yield row


def _job(row: Row) -> TraceJob | None:
    if row.text(""):
        msg = f"{row.place}: {row.text('')}; a name with a bar or a line end in it? {CURE}"
        raise InputError(msg)
    return job_of(row)


def _is_step(row: Row) -> bool:
    """Steps are named ``job.step``."""
    return "." in (row.text("JobID") or row.text("JobIDRaw"))


def _check(header: list[str], place: str) -> None:
    for names in _NEEDED:
        if not any(name in header for name in names):
            msg = (
                f"{place}: no column {' or '.join(names)}; make the dump with sacct -aXP "
                "--format=JobID,JobName,User,Account,Partition,Submit,Start,End,ElapsedRaw,"
                "TimelimitRaw,AllocTRES,NNodes,NCPUS,State,Comment,AdminComment"
            )
            raise InputError(msg)
