"""The laboratory's own command line: `python3 -m lab VERB`."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from lab import lifecycle, readiness
from lab.errors import LabError
from lab.laboratory import Lab

if TYPE_CHECKING:
    from collections.abc import Sequence

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; return its exit code."""
    options = _parser().parse_args(argv)
    try:
        code: int = options.act(Lab.open(options.name), options)
    except LabError as error:
        _explain(error.tail(), str(error))
    except subprocess.CalledProcessError as error:
        _explain("\n".join(getattr(error, "__notes__", [])), str(error))
    except KeyboardInterrupt:
        _explain("", "interrupted; `make lab-up` goes on, `make lab-down` cleans up")
        return INTERRUPTED
    else:
        return code
    return 1


def _explain(tail: str, line: str) -> None:
    if tail:
        print(tail, file=sys.stderr)
    print(f"lab: {line}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m lab", description=__doc__)
    parser.add_argument("--name", help="the instance, by default $SLURM_ENERGY_LAB or `lab`")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    for name, act in VERBS.items():
        verb = verbs.add_parser(name, help=act.__doc__, description=act.__doc__)
        verb.set_defaults(act=act)
        if name == "up":
            verb.add_argument("--single", action="store_true", help="only east, no federation")
            verb.add_argument("--bare", action="store_true", help="without slurm-energy's wheel")
        if name in {"run", "shell"}:
            verb.add_argument("--user", default="root")
            verb.add_argument("host", help="east or west")
        if name == "run":
            verb.add_argument("command", nargs=argparse.REMAINDER, help="[--user NAME] [--] ARGV…")
    return parser


def _up(lab: Lab, options: argparse.Namespace) -> int:
    """Bring it up, or up to date with the working tree."""
    lifecycle.up(lab, single=options.single, bare=options.bare)
    return 0


def _down(lab: Lab, _: argparse.Namespace) -> int:
    """Stop it; leave no mount, namespace or process."""
    lifecycle.down(lab)
    return 0


def _purge(lab: Lab, _: argparse.Namespace) -> int:
    """Stop it and remove the caches."""
    lifecycle.purge(lab)
    return 0


def _status(lab: Lab, _: argparse.Namespace) -> int:
    """Say what runs; fail when it is not up."""
    if not lab.hosts:
        raise LabError(f"{lab.name} is down; `make lab-up`")
    print(f"{lab.name}: link {'cut' if lab.network.is_cut() else 'joined'}, log {lab.log}")
    for host in lab.hosts:
        print(readiness.describe(host))
    return 0 if all(host.is_running() for host in lab.hosts) else 1


def _cut(lab: Lab, _: argparse.Namespace) -> int:
    """Part the two hosts."""
    lab.cut()
    return 0


def _mend(lab: Lab, _: argparse.Namespace) -> int:
    """Join the two hosts again."""
    lab.mend()
    return 0


def _run(lab: Lab, options: argparse.Namespace) -> int:
    """Run a command on a host, with our input, output and exit code."""
    words: list[str] = options.command
    if words[:1] == ["--user"]:
        options.user, words = words[1], words[2:]
    return _become(lab, options, words[1:] if words[:1] == ["--"] else words)


def _shell(lab: Lab, options: argparse.Namespace) -> int:
    """Open a shell on a host."""
    return _become(lab, options, ["/bin/bash"])


def _become(lab: Lab, options: argparse.Namespace, command: Sequence[str]) -> int:
    host = lab.host(options.host)
    argv = host.command(command, user=options.user)
    os.execvpe(argv[0], argv, host.environment(options.user))  # noqa: S606 - that is its purpose


VERBS = {
    "up": _up,
    "down": _down,
    "status": _status,
    "shell": _shell,
    "run": _run,
    "cut": _cut,
    "mend": _mend,
    "purge": _purge,
}
