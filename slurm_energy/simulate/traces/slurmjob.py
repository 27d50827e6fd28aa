"""A job as Slurm's accounting shows it, under sacct's column names, becomes a job of a trace."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from slurm_energy.decide.terms import tag
from slurm_energy.errors import InputError
from slurm_energy.model.contract import Tag, WorkloadClass
from slurm_energy.simulate.trace import Trace, TraceJob
from slurm_energy.simulate.traces.collect import run_seconds
from slurm_energy.simulate.traces.row import CURE, LONGEST, Row
from slurm_energy.slurm import annotation, gres

_DURATION = re.compile(r"(?:([0-9]{1,5})-)?(?:([0-9]{1,3}):)?([0-9]{1,4}):([0-9]{2})(?:\.[0-9]+)?")
_COUNT = r"(?:^|,){}=([0-9]{{1,9}})"
_CPUS = re.compile(_COUNT.format("cpu"))
_NODES = re.compile(_COUNT.format("node"))
_NO_TIME = frozenset({"", "unknown", "none", "unlimited", "partition_limit", "invalid"})
_GOING_ON = frozenset({"PENDING", "RUNNING", "SUSPENDED", "REQUEUED", "RESIZING", "CONFIGURING"})
_LATEST = 4_102_444_800
"""2100."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the job's tag says; times in seconds, the deadline counted from the submit."""

    workload_class: WorkloadClass | None = None
    deadline: int | None = None
    max_delay: int | None = None
    interruptible: bool = False


def job_of(row: Row) -> TraceJob | None:
    """The job, its submit on the epoch's clock; None while it has no whole run.

    A task of an array is a job of its own: each has its own run time. Raises ``InputError``.
    """
    submit = _moment(row, "Submit")
    if submit is None:
        raise row.fault("Submit", "a time such as 2026-03-01T12:00:00 or seconds since the epoch")
    run = None if row.text("State").split(" ", 1)[0] in _GOING_ON else _run(row)
    if run is None:
        return None
    wish = _wish(row, submit)
    tres = row.text("AllocTRES") or row.text("ReqTRES")
    gpus, cpus = gres.count(tres), _cpus(row, tres)
    if gpus + cpus == 0:
        raise row.fault("AllocTRES", "a list with cpu= or gres/gpu=", f"name NCPUS too, or {CURE}")
    return TraceJob(
        number=0,
        submit=submit,
        run=run,
        gpus=gpus,
        cpus=cpus,
        nodes=row.whole("NNodes", 0) or _named(_NODES, tres) or 1,
        user=row.text("User"),
        account=row.text("Account"),
        name=row.text("JobName"),
        partition=row.text("Partition"),
        workload_class=wish.workload_class,
        limit=_limit(row),
        # A deadline that had passed at the submit is no promise that anybody could keep.
        deadline=submit + wish.deadline if wish.deadline and wish.deadline > 0 else None,
        max_delay=wish.max_delay,
        interruptible=wish.interruptible,
    )


def in_units(trace: Trace) -> Trace:
    """The trace with CPUs as units where no job has a GPU: the dump of a CPU cluster."""
    if any(job.gpus for job in trace.jobs):
        return trace
    return replace(trace, jobs=tuple(replace(job, gpus=job.cpus) for job in trace.jobs))


def _run(row: Row) -> int | None:
    """Seconds it ran: as sacct gives them, else from its start to its end."""
    seconds = row.number("ElapsedRaw", 0, LONGEST, "a number of seconds")
    if seconds is None:
        seconds = _duration(row, "Elapsed")
    if seconds is None:
        start, end = _moment(row, "Start"), _moment(row, "End")
        seconds = None if start is None or end is None else end - start
    return run_seconds(seconds)


def _limit(row: Row) -> int | None:
    """The time limit in seconds; None where the job had none. TimelimitRaw is in minutes."""
    if row.text("TimelimitRaw").strip().lower() not in _NO_TIME:
        minutes = row.number("TimelimitRaw", 0, LONGEST / 60, "a number of minutes")
        return run_seconds(None if minutes is None else minutes * 60)
    return run_seconds(_duration(row, "Timelimit"))


def _moment(row: Row, column: str) -> int | None:
    """Seconds since the epoch; a time without an offset is read as UTC. None: not known."""
    text = row.text(column).strip()
    if text.lower() in _NO_TIME:
        return None
    try:
        seconds = int(text) if text.isascii() and text.isdecimal() else _iso(text)
    except (ValueError, OverflowError):
        seconds = -1
    if not 0 <= seconds <= _LATEST:
        raise row.fault(column, "a time such as 2026-03-01T12:00:00 or seconds since the epoch")
    return seconds or None


def _iso(text: str) -> int:
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _duration(row: Row, column: str) -> int | None:
    """Seconds in ``[days-][hours:]minutes:seconds``; None where there is none."""
    text = row.text(column).strip()
    if text.lower() in _NO_TIME:
        return None
    match = _DURATION.fullmatch(text)
    if match is None:
        raise row.fault(column, "a duration such as 1-06:30:00 or 06:30:00")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return days * 86_400 + hours * 3600 + minutes * 60 + seconds


def _cpus(row: Row, tres: str) -> int:
    return row.whole("NCPUS", 0) or row.whole("AllocCPUS", 0) or _named(_CPUS, tres)


def _named(pattern: re.Pattern[str], tres: str) -> int:
    match = pattern.search(tres)
    return int(match[1]) if match else 0


def _wish(row: Row, submit: int) -> _Wish:
    """From our annotation where the job has one, else from the tag in its comment."""
    column = "AdminComment"
    try:
        noted = annotation.parse(row.text(column))
        if noted is not None:
            granted = noted.contract
            # From the submit as annotated: a dump's times may be local, the annotation's are not.
            left = None if granted.deadline is None else granted.deadline - noted.submit
            return _Wish(granted.workload_class, left, granted.max_delay, granted.interruptible)
        column = "Comment"
        written = tag.read(row.text(column))
    except InputError as error:
        raise InputError(f"{row.place}, {column}: {error}; {CURE}") from error
    return _Wish() if written is None else _tagged(written.tag, submit)


def _tagged(given: Tag, submit: int) -> _Wish:
    if given.off:
        return _Wish(WorkloadClass.UNMANAGED)
    deadline = given.deadline
    if deadline is not None and not given.deadline_relative:
        deadline -= submit
    return _Wish(given.workload_class, deadline, given.max_delay, given.interruptible or False)
