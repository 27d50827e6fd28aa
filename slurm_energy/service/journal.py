"""The daemon's log: one sentence a turn, and every problem once when it comes and once it goes."""

import re
import traceback
from collections.abc import Iterable
from enum import IntEnum
from typing import TextIO

_MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?Z?"
_NUMBER = re.compile(rf"{_MOMENT}|(?<!job )(?<!HTTP )\b\d+(?:\.\d+)?")


class Priority(IntEnum):
    """syslog's priorities, as systemd reads them from ``<n>`` before a line."""

    ERROR = 3
    WARNING = 4
    NOTICE = 5
    INFO = 6


class Journal:
    """Writes lines to ``stream``; with ``prefixes`` each carries its priority for the journal."""

    def __init__(self, stream: TextIO, prefixes: bool) -> None:
        self._stream = stream
        self._prefixes = prefixes
        self._open: dict[str, str] = {}

    def say(self, priority: Priority, text: str) -> None:
        """One entry, one line for each line of ``text``."""
        for line in text.splitlines():
            prefix = f"<{priority.value}>" if self._prefixes else ""
            self._stream.write(f"{prefix}{line}\n")
        self._stream.flush()

    def problems(self, found: Iterable[str]) -> None:
        """Say what is new and what is over since the last call.

        A problem is the same while only numbers and moments in it change (an age, a count, a span
        that is asked for); jobs are told apart by their number, answers by their HTTP status.
        """
        now = {_identity(problem): problem for problem in found}
        for identity, problem in now.items():
            if identity not in self._open:
                self.say(Priority.WARNING, f"problem: {problem}")
        for identity, problem in self._open.items():
            if identity not in now:
                self.say(Priority.NOTICE, f"over: {problem}")
        self._open = now

    def failed(self, error: Exception) -> None:
        """A turn that raised: with its traceback when it is new, for it is a fault of ours."""
        problem = f"the turn failed and changed nothing more: {type(error).__name__}: {error}"
        if _identity(problem) not in self._open:
            self.say(Priority.ERROR, "".join(traceback.format_exception(error)))
        self.problems([*self._open.values(), problem])


def _identity(problem: str) -> str:
    return _NUMBER.sub("#", problem)
