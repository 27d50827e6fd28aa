"""Price curves side by side on one grid, as the kernels read them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slurm_energy.decide.pricing.price import Curve, Values

Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Prices:
    """Curves of one start and slot, in standard deviations; beyond what is known, the mean (0)."""

    start: int
    slot: int
    values: Values
    """Shape (curves, slots)."""
    level: Values
    """Shape (curves,): what an hour of mean price costs, in the same unit."""
    known: Index
    """Shape (curves,): slots that the signals cover."""

    def slot_of(self, time: int) -> int:
        """The slot that holds ``time``, never before the first."""
        return max(0, (time - self.start) // self.slot)

    def time_of(self, slot: int) -> int:
        """When a slot begins."""
        return self.start + slot * self.slot

    def plus(self, surcharge: Values, where: NDArray[np.bool_]) -> "Prices":
        """The same with a surcharge by slot on the curves ``where``."""
        values = self.values + np.where(where[:, None], surcharge[None, :], 0.0)
        return Prices(self.start, self.slot, values, self.level, self.known)


def side_by_side(curves: Sequence[Curve], weights: Sequence[float], slots: int) -> Prices:
    """The curves, each times its weight, on ``slots`` slots. They share their start and slot."""
    values = np.zeros((len(curves), slots))
    for row, (curve, weight) in enumerate(zip(curves, weights, strict=True)):
        known = curve.values[:slots]
        values[row, : len(known)] = weight * known
    return Prices(
        curves[0].start,
        curves[0].slot,
        values,
        np.array([curve.level for curve in curves]) * np.asarray(weights, dtype=np.float64),
        np.array([min(slots, len(curve.values)) for curve in curves], dtype=np.int64),
    )
