"""Progress, one line a step, and commands whose output goes to a log instead of the screen."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from lab.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

POLL_SECONDS = 0.05


class Progress:
    """Says what is being done and keeps what the commands said in a log."""

    def __init__(self, log: Path, show: bool = True) -> None:
        self.log = log
        self._show = show
        self._start = time.monotonic()
        self._step = "starting"
        log.parent.mkdir(parents=True, exist_ok=True)

    def say(self, text: str) -> None:
        """Print one line with the seconds since the start, and keep it in the log."""
        self._step = text
        line = f"lab {time.monotonic() - self._start:6.1f} s  {text}"
        with self.log.open("a") as log:
            print(line, file=log)
        if self._show:
            print(line, file=sys.stderr, flush=True)

    def run(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stdin: str | None = None,
    ) -> None:
        """Run a command with its output in the log; raise LabError when it fails."""
        with self.log.open("a") as log:
            print("+", *argv, file=log, flush=True)
            try:
                result = subprocess.run(
                    argv,
                    stdin=subprocess.DEVNULL if stdin is None else None,
                    input=stdin,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=clean_environment(env),
                    cwd=cwd,
                    text=True,
                )
            except FileNotFoundError:
                raise LabError(f"{argv[0]}: no such command; install it and try again") from None
        if result.returncode:
            raise LabError(f"failed at: {self._step}; the whole log is {self.log}", self.log)


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return our environment without what would lead another system's Python or locale astray."""
    dropped = ("PYTHON", "VIRTUAL_ENV", "LC_", "LANG", "PYENV", "SLURM_CONF", "TMPDIR")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return kept | {"LC_ALL": "C.UTF-8", "PATH": path} | dict(extra or {})


def wait_until(
    what: str, ready: Callable[[], bool], timeout: float, log: Path | None = None
) -> None:
    """Poll until `ready` holds; raise LabError naming what was awaited after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        with suppress(subprocess.CalledProcessError):
            if ready():
                return
        if time.monotonic() > deadline:
            raise LabError(f"waited {timeout:.0f} s in vain for {what}", log)
        time.sleep(POLL_SECONDS)
