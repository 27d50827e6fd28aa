"""`python -m lab`: the laboratory's own command line."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from lab.errors import LabError
from lab.laboratory import Lab


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; return its exit code."""
    options = _parser().parse_args(argv)
    try:
        return VERBS[options.verb](Lab.open(options.name), options)
    except LabError as error:
        tail = error.tail()
        if tail:
            print(tail, file=sys.stderr)
        print(f"lab: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lab", description=__doc__)
    parser.add_argument("--name", help="the instance, by default $SLURM_ENERGY_LAB or `lab`")
    verbs = parser.add_subparsers(dest="verb", required=True)
    up = verbs.add_parser("up", help="bring it up, or up to date with the working tree")
    up.add_argument("--single", action="store_true", help="only east, without federation")
    verbs.add_parser("down", help="stop it and leave nothing but the caches")
    verbs.add_parser("cut", help="part the two hosts")
    verbs.add_parser("mend", help="join the two hosts again")
    run = verbs.add_parser("run", help="run a command on a host")
    shell = verbs.add_parser("shell", help="a shell on a host")
    for verb in (run, shell):
        verb.add_argument("host", help="east or west")
        verb.add_argument("--user", default="root")
    run.add_argument("command", nargs=argparse.REMAINDER, help="[--] the command and its arguments")
    return parser


def _up(lab: Lab, options: argparse.Namespace) -> int:
    lab.up(single=options.single)
    return 0


def _down(lab: Lab, options: argparse.Namespace) -> int:
    lab.down()
    return 0


def _cut(lab: Lab, options: argparse.Namespace) -> int:
    lab.cut()
    return 0


def _mend(lab: Lab, options: argparse.Namespace) -> int:
    lab.mend()
    return 0


def _run(lab: Lab, options: argparse.Namespace) -> int:
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    return _become(lab, options, command)


def _shell(lab: Lab, options: argparse.Namespace) -> int:
    return _become(lab, options, ["/bin/bash"])


def _become(lab: Lab, options: argparse.Namespace, command: Sequence[str]) -> int:
    host = lab.host(options.host)
    argv = host.command(command, user=options.user)
    os.execvpe(argv[0], argv, host.environment(options.user))


VERBS = {"up": _up, "down": _down, "cut": _cut, "mend": _mend, "run": _run, "shell": _shell}
