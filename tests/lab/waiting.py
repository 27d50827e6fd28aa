"""Waiting for what was promised, each time with a limit."""

import time
from collections.abc import Callable
from typing import TypeVar

from slurm_energy.errors import DaemonUnavailable, InputError

T = TypeVar("T")


def eventually(true: Callable[[], T | None], what: str, within: float) -> T:
    """What ``true`` returns once it is something; fails after ``within`` seconds."""
    end = time.monotonic() + within
    while True:
        try:
            found = true()
        except (DaemonUnavailable, InputError) as error:
            found, said = None, f": {error}"
        else:
            said = ""
        if found:
            return found
        assert time.monotonic() < end, f"waited {within:g} s in vain for {what}{said}"
        time.sleep(0.1)


def throughout(true: Callable[[], object], what: str, seconds: float) -> None:
    """Fails as soon as something no longer holds; looks again and again for so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert true(), f"no longer so: {what}"
        time.sleep(0.1)
