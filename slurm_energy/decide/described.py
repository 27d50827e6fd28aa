"""A predicted run time in words and numbers, for terms and explain."""

from dataclasses import dataclass

import numpy as np

from slurm_energy.decide.shapes import Shapes


@dataclass(frozen=True, slots=True)
class Described:
    """A job's distribution: what it was learned from, and by when such runs have ended.

    ``low``, ``middle`` and ``high`` are seconds, whole slots, by which 10, 50 and 90 % of them
    have ended; None: beyond what the planner looks at.
    """

    label: str
    samples: int
    low: int | None
    middle: int | None
    high: int | None


def describe(shapes: Shapes, job: int) -> Described:
    """The distribution of the job in this place; some microseconds."""
    row = int(shapes.row[job])
    # Rising, as a search wants it.
    ended = 1.0 - shapes.alive[row]
    low, middle, high = (
        int(slots) * shapes.slot if slots < len(ended) else None
        for slots in np.searchsorted(ended, _SHARES)
    )
    return Described(shapes.label[row], int(shapes.samples[row]), low, middle, high)


_SHARES = np.array([0.1, 0.5, 0.9]) - 1e-12
