"""What every verb is given: where things are, and how to put an answer out."""

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from slurm_energy.config.load import load
from slurm_energy.errors import ConfigError
from slurm_energy.service import client

DEFAULT_SOCKET = Path("/run/slurm-energy/query.sock")

_PLAIN_TERMINALS = ("dumb", "linux", "vt100", "vt220")

Lines = Sequence[str]
Render = Callable[["Screen"], Lines]


@dataclass(frozen=True, slots=True)
class Screen:
    """What a rendering depends on. ``width`` None: nobody looks, so nothing is cut off."""

    now: int
    width: int | None
    blocks: bool = True
    """Whether it can show more than ASCII."""

    @classmethod
    def here(cls) -> "Screen":
        """The terminal we write to; COLUMNS wins, a pipe has no width."""
        known = sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdecimal()
        width = shutil.get_terminal_size().columns if known else None
        return cls(int(time.time()), width, _can_show("█"))


@dataclass(frozen=True, slots=True)
class Context:
    """The options before the verb."""

    config: Path

    def ask(self, question: str, **arguments: Any) -> dict[str, Any]:
        """The daemon's answer; see :func:`slurm_energy.service.client.ask` for errors."""
        return client.ask(self._socket(), question, **arguments)

    def _socket(self) -> Path:
        """As configured; the default for a user who may not read the configuration."""
        try:
            return load(self.config).daemon.socket
        except ConfigError:
            return DEFAULT_SOCKET


def _can_show(text: str) -> bool:
    """By the encoding of the output, and the name of a terminal that is known to be plain."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return os.environ.get("TERM") not in _PLAIN_TERMINALS


pass_context = click.make_pass_decorator(Context)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


def put(answer: Any, as_json: bool, render: Render) -> None:
    """Print an answer: as JSON, or as the lines that ``render`` makes for this screen."""
    if as_json:
        click.echo(json.dumps(answer, indent=2))
        return
    for line in render(Screen.here()):
        click.echo(line)
