"""Facts about processes and control groups of the outer machine, read from /proc."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


class Process(NamedTuple):
    """A process, told from a later one of the same number by its start time."""

    pid: int
    started: int

    def is_alive(self) -> bool:
        """Tell whether this very process still runs."""
        return started(self.pid) == self.started

    def kill(self) -> None:
        """Kill this very process, and no other."""
        if self.is_alive():
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)


def started(pid: int) -> int | None:
    """Return the start time in clock ticks; None for none and for a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def identify(pid: int) -> Process | None:
    """Return the process that has this number now."""
    start = started(pid)
    return None if start is None else Process(pid, start)


def with_arguments(*wanted: str) -> list[Process]:
    """Return the processes among whose arguments are all those wanted."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and set(wanted) <= _arguments(entry):
            process = identify(int(entry.name))
            found += [process] if process else []
    return found


def _arguments(entry: Path) -> set[str]:
    return set(_read(entry / "cmdline").split("\0"))


def _read(path: Path) -> str:
    """Return a text of /proc or /sys; nothing of one that has gone."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def init_below(parent: int) -> Process | None:
    """Return the child of `parent` that is process 1 of its own namespace."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            status = _status(entry)
            numbers = status.get("NSpid", "").split()
            if status.get("PPid") == str(parent) and len(numbers) > 1 and numbers[-1] == "1":
                return identify(int(entry.name))
    return None


def _status(entry: Path) -> dict[str, str]:
    lines = _read(entry / "status").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def cgroup_roots() -> Iterator[Path]:
    """Yield the hierarchies that a machine booted by nspawn uses: v2, and v1's `name=systemd`."""
    for line in Path("/proc/mounts").read_text().splitlines():
        _, where, kind, options, *_ = line.split()
        if kind == "cgroup2" or (kind == "cgroup" and "name=systemd" in options.split(",")):
            yield Path(where)


def members_of(cgroup: Path) -> list[Process]:
    """Return the processes in a control group and below it."""
    numbers = [int(pid) for path in cgroup.rglob("cgroup.procs") for pid in _read(path).split()]
    return [process for process in map(identify, numbers) if process]


def remove_cgroup(cgroup: Path) -> None:
    """Remove a control group and all below it; they must be empty of processes."""
    for directory, _, _ in os.walk(cgroup, topdown=False):
        with suppress(FileNotFoundError):
            Path(directory).rmdir()
