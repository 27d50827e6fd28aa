"""Slurm's host lists: ``gpu[01-03,7],login`` stands for names."""

import re
from collections.abc import Iterator
from functools import lru_cache

from slurm_energy.errors import SlurmUnavailable

_LARGEST = 1_000_000
_PART = re.compile(r"[^,\[\]]*(?:\[[^\[\]]*\][^,\[\]]*)*")
_GROUP = re.compile(r"\[([0-9,-]+)\]")
_RANGE = re.compile(r"([0-9]+)(?:-([0-9]+))?")


@lru_cache(maxsize=4096)
def expand(text: str) -> tuple[str, ...]:
    """Node names in order. Raises ``SlurmUnavailable`` for what is no host list."""
    return tuple(name for part in _parts(text) for name in _names(part))


def _parts(text: str) -> Iterator[str]:
    at = 0
    while at < len(text):
        match = _PART.match(text, at)
        if match is None or (match.end() < len(text) and text[match.end()] != ","):
            raise _unreadable(text)
        if match[0]:
            yield match[0]
        at = match.end() + 1


def _names(part: str) -> Iterator[str]:
    group = _GROUP.search(part)
    if group is None:
        if "[" in part:
            raise _unreadable(part)
        yield part
        return
    for number in _numbers(group[1]):
        for rest in _names(part[group.end() :]):
            yield part[: group.start()] + number + rest


def _numbers(ranges: str) -> Iterator[str]:
    for text in ranges.split(","):
        match = _RANGE.fullmatch(text)
        if match is None or int(match[2] or match[1]) - int(match[1]) > _LARGEST:
            raise _unreadable(ranges)
        first, last = match[1], match[2] or match[1]
        for number in range(int(first), int(last) + 1):
            yield f"{number:0{len(first)}}"


def _unreadable(text: str) -> SlurmUnavailable:
    return SlurmUnavailable(
        f"Slurm's host list {text[:80]!r} can't be read; expected e.g. gpu[01-03],login"
    )
