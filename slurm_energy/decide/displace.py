"""Who makes room for jobs that must start now: running ones that may be stopped, cheapest first.

A pending job at its latest start has no choice left; a running job that can wait has. Without this
the promise of one would hang on the patience of the other.
"""

from collections.abc import Sequence
from typing import NamedTuple

from slurm_energy.model.job import JobKey


class Occupant(NamedTuple):
    """A running job that may be stopped."""

    later: float
    """By how much waiting is dearer for it than going on."""
    key: JobKey
    units: float


def displaced(needed: float, free: float, occupants: Sequence[Occupant]) -> set[JobKey]:
    """The jobs to stop so that ``needed`` units fit beside what runs on; none if they fit now."""
    chosen: set[JobKey] = set()
    for one in sorted(occupants):
        if free >= needed:
            break
        chosen.add(one.key)
        free += one.units
    return chosen
