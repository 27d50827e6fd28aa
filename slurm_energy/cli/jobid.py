"""The number of a job as people copy it from squeue."""

import re
from typing import Any

import click

_NUMBER = re.compile(r"([1-9][0-9]{0,9})(?:[_+].*)?")


class JobId(click.ParamType):
    """``1234``; of ``1234_5``, ``1234_[0-3]`` or ``1234+1`` the number of the whole job."""

    name = "integer"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | None:
        """The number. Ends the command in one line for anything else."""
        match = _NUMBER.fullmatch(str(value))
        if match is None:
            self.fail(f"{str(value)!r} is no job id; write a number that squeue shows", param, ctx)
        return int(match[1])
