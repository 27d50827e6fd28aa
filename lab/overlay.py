"""A command that sees an overlay of a cached tree: `python -m lab.overlay` mounts it and runs it.

The mount lives in a mount namespace of its own and ends with the last process in it, so that no
way of ending a laboratory leaves a mount behind.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lab.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Sequence

PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Overlay:
    """Cached directories below (topmost first) and a place of our own for what is written."""

    lowers: tuple[Path, ...]
    place: Path

    @property
    def upper(self) -> Path:
        """Return the directory that holds what differs from the lower ones."""
        return self.place / "upper"

    @property
    def merged(self) -> Path:
        """Return where the whole is seen, in its own mount namespace only."""
        return self.place / "root"

    def make(self) -> None:
        """Create the directories; lower layers keep an overlay from needing anything more."""
        for directory in (self.upper, self.place / "work", self.merged):
            directory.mkdir(parents=True, exist_ok=True)

    def argv(self, argv: Sequence[str], cgroups: Sequence[Path] = ()) -> list[str]:
        """Return the command line that mounts the overlay, joins the cgroups and becomes `argv`."""
        options = [
            *("--lower", ":".join(map(str, self.lowers))),
            *("--place", str(self.place)),
            *(f"--cgroup={path}" for path in cgroups),
        ]
        python = ["env", f"PYTHONPATH={PROJECT}", sys.executable, "-m", "lab.overlay"]
        isolate = ["unshare", "--mount", "--propagation", "slave", "--"]
        return [*isolate, *python, *options, "--", *argv]

    def chroot_argv(self, argv: Sequence[str]) -> list[str]:
        """Return the command line that runs `argv` with the overlay as its root."""
        return self.argv(chroot_argv(self.merged, argv))


def chroot_argv(root: Path, argv: Sequence[str]) -> list[str]:
    """Return the command line that runs `argv` in a tree; its processes end with it."""
    isolation = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    return ["unshare", *isolation, "--root", str(root), "--wd", "/", "--", *argv]


def main() -> None:
    """Mount, join and become the given command."""
    parser = argparse.ArgumentParser(prog="lab.overlay")
    parser.add_argument("--lower", required=True)
    parser.add_argument("--place", required=True, type=Path)
    parser.add_argument("--cgroup", action="append", default=[], type=Path)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    overlay = Overlay(tuple(map(Path, options.lower.split(":"))), options.place)
    layers = f"lowerdir={options.lower},upperdir={overlay.upper},workdir={overlay.place / 'work'}"
    mount = ["mount", "-t", "overlay", "overlay", "-o", layers, str(overlay.merged)]
    if subprocess.run(mount).returncode:
        raise LabError(f"no overlay at {overlay.merged}; is its disk an overlay already?")
    for cgroup in options.cgroup:
        (cgroup / "cgroup.procs").write_text(str(os.getpid()))
    del os.environ["PYTHONPATH"]
    os.execvp(options.command[0], options.command)  # noqa: S606 - that is its purpose


if __name__ == "__main__":
    main()
