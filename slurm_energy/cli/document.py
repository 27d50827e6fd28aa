"""``docs/commands.md``, made from the verbs: ``python -m slurm_energy.cli.document``."""

import sys
from collections.abc import Iterator

import click

from slurm_energy.cli import main
from slurm_energy.cli.exits import Exit
from slurm_energy.service.daemon import main as daemon

_HEAD = """# Commands

Made from `slurm_energy/cli` by `python -m slurm_energy.cli.document`; do not edit.

Each verb prints text for people and, with `--json`, values for programs: times in seconds since
the epoch, durations in seconds, what is not known as null. Tables fit the terminal (or COLUMNS);
in a pipe nothing is cut off, and there is no colour. Errors are one line each on standard error.
`status`, `queue`, `explain` and `signals` ask the daemon on its socket: a user sees his own jobs
and the prices, Operators all, as Slurm's `PrivateData` says.

| exit code | meaning |
|---|---|
"""

_MEANINGS = {
    Exit.OK: "done, nothing wrong",
    Exit.PROBLEM: "a problem was found, or something could not be done",
    Exit.USAGE: "a wrong option, job id or configuration",
    Exit.UNAVAILABLE: "the daemon does not answer",
    Exit.DENIED: "not permitted for this user",
}

_COMPLETION = """
## Completion

For bash, in `~/.bashrc` or `/etc/bash_completion.d`; zsh and fish likewise with their names:

```
eval "$(_SLURM_ENERGY_COMPLETE=bash_source slurm-energy)"
```
"""


def document() -> str:
    """The page as Markdown."""
    codes = "".join(f"| {code.value} | {_MEANINGS[code]} |\n" for code in Exit)
    pages = [*_pages(main, "slurm-energy", None), *_pages(daemon, "slurm-energyd", None)]
    return _HEAD + codes + _COMPLETION + "".join(pages)


def _pages(command: click.Command, name: str, parent: click.Context | None) -> Iterator[str]:
    """The help of a command and of all below it."""
    context = click.Context(command, info_name=name, parent=parent, terminal_width=88)
    yield f"\n## {context.command_path}\n\n```\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            if found is not None:
                yield from _pages(found, below, context)


if __name__ == "__main__":
    sys.stdout.write(document())
