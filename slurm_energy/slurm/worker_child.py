"""The child's side of :mod:`slurm_energy.slurm.worker`: answers calls until its pipe closes."""

import math
import signal
import sys
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from typing import Any

from slurm_energy.errors import SlurmError, SlurmMismatch, SlurmRefused
from slurm_energy.slurm.worker import READY

Functions = Mapping[str, Callable[..., object]]


def serve(pipe: Connection, functions: Callable[[], Functions]) -> None:
    """Answer each call with its value or its error; return when the caller is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    known: dict[str, Callable[..., object]] = {}
    while True:
        try:
            limit, name, arguments = pipe.recv()
        except EOFError:
            return
        # Ends us even inside libslurm, should our caller have died meanwhile.
        signal.alarm(math.ceil(limit) + 1)
        answer = _answer(known, functions, name, arguments)
        signal.alarm(0)
        try:
            pipe.send(answer)
        except BrokenPipeError:
            return


def _answer(
    known: dict[str, Callable[..., object]],
    functions: Callable[[], Functions],
    name: str,
    arguments: tuple[Any, ...],
) -> tuple[str, object]:
    try:
        if not known:
            known.update(functions())
        return "ok", None if name == READY else known[name](*arguments)
    except SlurmMismatch as error:
        return "mismatch", str(error)
    except SlurmRefused as error:
        return "refused", str(error)
    except SlurmError as error:
        return "unavailable", str(error)


def main() -> None:
    """Serve pyslurm on the inherited pipe whose number is the argument."""
    from slurm_energy.slurm import pyslurm_calls

    with Connection(int(sys.argv[1])) as pipe:
        serve(pipe, pyslurm_calls.functions)


if __name__ == "__main__":
    main()
