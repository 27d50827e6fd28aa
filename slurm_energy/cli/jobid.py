"""The number of a job as people copy it from squeue."""

import re

import click

_NUMBER = re.compile(r"([1-9][0-9]{0,9})(?:[_+].*)?")
_TASK = re.compile(r"([1-9][0-9]{0,9})_([0-9]{1,9})")


def job_number(
    _context: click.Context, _parameter: click.Parameter, said: str | None
) -> int | None:
    """``1234``, and of ``1234_5``, ``1234_[0-3]`` or ``1234+1`` that of the whole job.

    Ends the command in one line for anything else; None where nothing was said.
    """
    if said is None:
        return None
    match = _NUMBER.fullmatch(said)
    if match is None:
        raise click.BadParameter(f"{said!r} is no job id; write a number that squeue shows")
    return int(match[1])


def job_or_task(
    context: click.Context, parameter: click.Parameter, said: str
) -> tuple[int, int | None]:
    """The same with the task that ``1234_5`` names; None for a whole job, which all else names."""
    number = job_number(context, parameter, said)
    match = _TASK.fullmatch(said)
    return number or 0, None if match is None else int(match[2])
