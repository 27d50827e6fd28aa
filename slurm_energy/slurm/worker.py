"""A child process that may hang or crash in our stead: libslurm lives in it, one per cluster.

libslurm keeps its state for the whole process and its calls hold Python's lock, so a controller
that does not answer would stop everything. Here it stops one child, which is killed.
"""

import os
import subprocess
import sys
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

from slurm_energy.errors import SlurmMismatch, SlurmRefused, SlurmUnavailable

MODULE = "slurm_energy.slurm.worker_child"
READY = "ready"
"""The call that only loads the child's libraries."""
_START = 30.0
"""Seconds that may take; it asks nothing of slurmctld."""


class Worker:
    """Calls functions of a child process, each within ``limit`` seconds.

    The child starts with the first call. It ends with us: idle, because its pipe closes; in a
    call, because it sets itself an alarm.
    """

    def __init__(self, conf: str | None, limit: float, module: str = MODULE) -> None:
        self.restarts = 0
        """Children that were killed or died."""
        self.generation = 0
        """Counts children: what an earlier one remembered is gone."""
        self._conf = conf
        self._limit = limit
        self._module = module
        self._child: tuple[subprocess.Popen[bytes], Connection] | None = None

    def call(self, name: str, *arguments: object) -> Any:
        """The answer of the child's function ``name``.

        Raises ``SlurmUnavailable`` when there is none in time, and what the child raised of our
        own errors.
        """
        _, pipe = self._child or self._start()
        return self._ask(pipe, name, arguments, self._limit)

    def close(self) -> None:
        """End the child; the next call starts another."""
        if self._child is None:
            return
        process, pipe = self._child
        self._child = None
        pipe.close()
        try:
            process.wait(1)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    @property
    def _where(self) -> str:
        return f" of {self._conf}" if self._conf else ""

    def _start(self) -> tuple[subprocess.Popen[bytes], Connection]:
        ours, theirs = Pipe()
        environment = dict(os.environ)
        if self._conf is not None:
            environment["SLURM_CONF"] = self._conf
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-m", self._module, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env=environment,
            )
        self._child = process, ours
        self.generation += 1
        self._ask(ours, READY, (), _START)
        return self._child

    def _ask(self, pipe: Connection, name: str, arguments: tuple[object, ...], limit: float) -> Any:
        try:
            pipe.send((limit, name, arguments))
            if not pipe.poll(limit):
                self._kill()
                raise SlurmUnavailable(
                    f"slurmctld{self._where} gave no answer to {name} in {limit:g} s"
                )
            kind, value = pipe.recv()
        except (EOFError, ConnectionError):
            self._kill()
            raise SlurmUnavailable(f"libslurm's process{self._where} died in {name}") from None
        return _opened(kind, value)

    def _kill(self) -> None:
        if self._child is None:
            return
        process, pipe = self._child
        self._child = None
        self.restarts += 1
        pipe.close()
        process.kill()
        process.wait()


def _opened(kind: str, value: Any) -> Any:
    """A child's answer, or the error it stands for."""
    if kind == "ok":
        return value
    raise {"refused": SlurmRefused, "mismatch": SlurmMismatch}.get(kind, SlurmUnavailable)(value)
