"""Step functions made of pieces: how much was up at once, and for how long."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slurm_energy.simulate.columns import Ints

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Steps:
    """``values[i]`` holds from ``times[i]`` to ``times[i + 1]``; nothing before and after."""

    times: Ints
    values: Floats
    """As many as times; the last is where everything has ended, about 0."""

    def highest(self) -> float:
        """The largest value; 0 for none."""
        return float(self.values.max(initial=0.0))

    def at(self, moments: Ints) -> Floats:
        """The value at each moment."""
        if not len(self.times):
            return np.zeros(len(moments))
        index = np.searchsorted(self.times, moments, side="right") - 1
        return np.where(index < 0, 0.0, self.values[index])


def steps(starts: Ints, ends: Ints, sizes: NDArray[np.float64] | Ints) -> Steps:
    """The sum of pieces over time; a piece that ends where another starts does not meet it."""
    moments = np.concatenate((starts, ends))
    changes = np.concatenate((sizes, -sizes)).astype(np.float64)
    times, place = np.unique(moments, return_inverse=True)
    return Steps(times, np.cumsum(np.bincount(place, weights=changes, minlength=len(times))))
