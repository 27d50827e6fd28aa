"""Rows become a trace: malformed ones refused or counted, jobs in order of submission."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from slurm_energy.errors import InputError
from slurm_energy.simulate.trace import Trace, TraceJob

_Row = TypeVar("_Row")


def collect(
    path: Path,
    rows: Iterable[_Row],
    job: Callable[[_Row], TraceJob | None],
    *,
    skip_malformed: bool,
    absolute: bool = False,
) -> Trace:
    """The trace of all rows; ``job`` gives None for what never ran.

    Where submits are ``absolute`` they are counted from the first one. Raises the first malformed
    row's ``InputError`` unless asked to skip, and one for a file without any job to play.
    """
    jobs: list[TraceJob] = []
    skipped = never_ran = 0
    for row in rows:
        try:
            found = job(row)
        except InputError:
            if not skip_malformed:
                raise
            skipped += 1
            continue
        if found is None:
            never_ran += 1
        else:
            jobs.append(found)
    if not jobs:
        msg = (
            f"{path}: no job to play among {skipped} malformed rows and {never_ran} jobs "
            "that never ran or had not ended; name a trace with ended jobs"
        )
        raise InputError(msg)
    placed, cut = _in_order(jobs, absolute=absolute)
    return Trace(placed, path.name, skipped, never_ran, cut)


def _in_order(jobs: list[TraceJob], *, absolute: bool) -> tuple[tuple[TraceJob, ...], int]:
    """Numbered by (submit, line), no run beyond its limit; and how many were cut to it."""
    jobs.sort(key=lambda job: job.submit)
    zero = jobs[0].submit if absolute else 0
    placed = tuple(_numbered(job, number, zero) for number, job in enumerate(jobs, start=1))
    return placed, sum(before.run > after.run for before, after in zip(jobs, placed, strict=True))


def _numbered(job: TraceJob, number: int, zero: int) -> TraceJob:
    return replace(
        job,
        number=number,
        submit=job.submit - zero,
        deadline=None if job.deadline is None else job.deadline - zero,
        run=job.run if job.limit is None else min(job.run, job.limit),
    )


def run_seconds(seconds: float | None) -> int | None:
    """Whole seconds of a run, at least one; None where there was no run."""
    return max(1, round(seconds)) if seconds is not None and seconds > 0 else None
