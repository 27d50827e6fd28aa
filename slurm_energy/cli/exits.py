"""Exit codes, and the one place where an error becomes a line and a code."""

from enum import IntEnum
from typing import Any

import click

from slurm_energy.errors import (
    ConfigError,
    DaemonUnavailable,
    InputError,
    NotPermitted,
    SlurmEnergyError,
)


class Exit(IntEnum):
    """What a script may rely on."""

    OK = 0
    PROBLEM = 1
    """Something is wrong that was found or could not be done."""
    USAGE = 2
    """A wrong option, job id or configuration."""
    UNAVAILABLE = 3
    """The daemon does not answer."""
    DENIED = 4
    """Not permitted for this user."""


def code_of(error: SlurmEnergyError) -> Exit:
    """The exit code that tells this kind of error."""
    kinds: tuple[tuple[type[SlurmEnergyError], Exit], ...] = (
        (InputError, Exit.USAGE),
        (DaemonUnavailable, Exit.UNAVAILABLE),
        (NotPermitted, Exit.DENIED),
    )
    return next((code for kind, code in kinds if isinstance(error, kind)), Exit.PROBLEM)


class Verbs(click.Group):
    """A group whose verbs may raise anything of our error tree: one line each, on stderr."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb; an error of ours ends the program with its line and code."""
        try:
            return super().invoke(ctx)
        except SlurmEnergyError as error:
            lines = error.problems if isinstance(error, ConfigError) else (str(error),)
            for line in lines:
                click.echo(f"slurm-energy: {line}", err=True)
            ctx.exit(code_of(error))
