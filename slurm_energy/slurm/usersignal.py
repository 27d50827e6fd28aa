"""The signal a job wants some time before its end: sbatch's ``--signal``.

Slurm keeps it to itself once the job is submitted (no field of a job record shows it) and does not
send it before a requeue. The command line and the script still tell.
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePath

USUAL_SECONDS = 60
"""What Slurm takes where ``--signal`` names no time."""

_VALUE = re.compile(
    r"(?:(?P<flags>[RB]{1,2}):)?(?:SIG)?(?P<name>[A-Z0-9+-]{1,12})(?:@(?P<time>\d{1,5}))?"
)
_DEADLY = frozenset({"KILL", "9", "STOP", "19"})
"""Nothing can be saved on these: a job that asked for one is not told at all."""


@dataclass(frozen=True, slots=True)
class UserSignal:
    """``name`` as ``scancel --signal`` takes it, and how many seconds before the end."""

    name: str
    seconds: int
    batch: bool
    """To the batch script's shell alone (``B:``), else to the job steps alone."""


def asked(submit_line: str, command: str, script: str) -> UserSignal | None:
    """What a job asked for; the command line wins over the script's ``#SBATCH`` lines.

    ``command`` is the script's path as Slurm knows it: what follows it on the command line is the
    script's own business. ``SBATCH_SIGNAL`` in the environment of sbatch is seen by nobody.
    """
    for words in (_own_words(submit_line, command), list(_directives(script))):
        values = list(_values(words))
        if values:
            return _parsed(values[-1])
    return None


def _own_words(line: str, command: str) -> list[str]:
    """The words of the command line that are meant for sbatch."""
    words = _split(line)
    name = PurePath(command.split(" ", 1)[0]).name if command else ""
    ends = [number for number, word in enumerate(words) if name and PurePath(word).name == name]
    return words[1 : ends[0]] if ends else words[1:]


def _directives(script: str) -> Iterator[str]:
    """The words of ``#SBATCH`` lines, which end where the first command begins."""
    for line in script.splitlines():
        if line.strip() and not line.startswith("#"):
            return
        if line.startswith("#SBATCH"):
            yield from _split(line.removeprefix("#SBATCH").partition(" #")[0])


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _values(words: list[str]) -> Iterator[str]:
    for word, following in pairwise([*words, ""]):
        if word == "--signal":
            yield following
        elif word.startswith("--signal="):
            yield word.removeprefix("--signal=")


def _parsed(value: str) -> UserSignal | None:
    match = _VALUE.fullmatch(value.upper())
    if match is None or match["name"] in _DEADLY:
        return None
    seconds = USUAL_SECONDS if match["time"] is None else int(match["time"])
    return UserSignal(match["name"], seconds, batch="B" in (match["flags"] or ""))
