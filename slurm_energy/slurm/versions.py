"""Which Slurm is here, and whether the client library was built for it."""

import re
from typing import NamedTuple

from slurm_energy.errors import SlurmMismatch, SlurmUnavailable
from slurm_energy.slurm.commands import Commands

_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")


class Version(NamedTuple):
    """A release of Slurm: ``26.05`` is (26, 5). Only within one of these do libraries fit."""

    major: int
    minor: int

    def __str__(self) -> str:
        """Write it as Slurm does."""
        return f"{self.major}.{self.minor:02}"


def parse(text: str) -> Version:
    """The release in ``slurm-wlm 26.05.5``. Raises ``SlurmUnavailable``."""
    match = _VERSION.search(text)
    if match is None:
        raise SlurmUnavailable(f"{text.strip()[:60]!r} names no version of Slurm")
    return Version(int(match[1]), int(match[2]))


def installed(commands: Commands) -> Version:
    """The release of Slurm's commands and library on this host. Raises ``SlurmUnavailable``."""
    return parse(commands.text(["scontrol", "--version"]))


def check_pyslurm(slurm: Version, pyslurm: str) -> None:
    """Raise ``SlurmMismatch`` unless this pyslurm was built for this Slurm."""
    if parse(pyslurm) != slurm:
        raise SlurmMismatch(
            f"pyslurm {pyslurm} was not built for Slurm {slurm}; build one that was "
            "(lab/build_pyslurm.py does it), or set client = 'commands'"
        )
