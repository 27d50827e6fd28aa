"""The score written for numpy, as one would first, and as fast as we could make it: the rivals."""

import numpy as np
from numpy.typing import NDArray

from slurm_energy.decide.scoring.score import ScoreTable

Points = NDArray[np.int32]


def naive(
    slack: NDArray[np.int32], urgency: NDArray[np.uint8], row: NDArray[np.uint16], table: ScoreTable
) -> Points:
    """The formula, column by column; every step makes a new array as long as the queue."""
    slots = table.energy.shape[1]
    ramp = 1 - np.clip(slack / table.horizon[row], 0, 1)
    slot = np.clip(slack // table.slot_seconds, 0, slots - 1)
    worth = table.urgency_weight[row] * urgency / 100 + table.energy[row, slot]
    share = table.band[row] * ramp * np.minimum(worth, 1)
    return (np.floor(share / table.quantum) * table.quantum).astype(np.int32)


class Blocked:
    """The formula on blocks that stay in the cache.

    What does not depend on the job alone is tabulated (weight x urgency), look-ups share one index,
    integers stay 32-bit until they must not, and every step but the look-ups writes to a buffer
    (``take`` into a new array measured faster than ``take`` with ``out``).
    """

    def __init__(self, table: ScoreTable, block: int) -> None:
        self.table = table
        self.block = block
        levels = np.arange(101)
        self.urgency_worth = (table.urgency_weight[:, None] * levels / 100).ravel()
        self.energy = table.energy.ravel()
        self.band = table.band.astype(np.float64)
        self.whole = [np.empty(block, np.int32) for _ in range(3)]
        self.index = np.empty(block, np.intp)
        self.real = np.empty(block)

    def __call__(
        self,
        slack: NDArray[np.int32],
        urgency: NDArray[np.uint8],
        row: NDArray[np.uint16],
        points: Points,
    ) -> Points:
        for start in range(0, len(slack), self.block):
            part = slice(start, start + self.block)
            self._score(slack[part], urgency[part], row[part], points[part])
        return points

    def _score(
        self,
        slack: NDArray[np.int32],
        urgency: NDArray[np.uint8],
        row: NDArray[np.uint16],
        points: Points,
    ) -> None:
        jobs = len(slack)
        table, slots = self.table, self.table.energy.shape[1]
        left, at, cell = (buffer[:jobs] for buffer in self.whole)
        index, ramp = self.index[:jobs], self.real[:jobs]

        np.maximum(slack, 0, out=left)
        np.copyto(at, row)
        np.copyto(index, row)
        np.copyto(ramp, left)
        np.divide(ramp, table.horizon.take(index), out=ramp)
        np.minimum(ramp, 1.0, out=ramp)
        np.subtract(1.0, ramp, out=ramp)
        share = self.band.take(index)
        np.multiply(share, ramp, out=share)

        np.multiply(at, 101, out=cell)
        np.add(cell, urgency, out=cell)
        np.copyto(index, cell)
        worth = self.urgency_worth.take(index)
        np.floor_divide(left, table.slot_seconds, out=left)
        np.minimum(left, slots - 1, out=left)
        np.multiply(at, slots, out=cell)
        np.add(cell, left, out=cell)
        np.copyto(index, cell)
        np.add(worth, self.energy.take(index), out=worth)
        np.minimum(worth, 1.0, out=worth)

        np.multiply(share, worth, out=share)
        np.divide(share, table.quantum, out=share)
        np.copyto(points, share, casting="unsafe")
        np.multiply(points, table.quantum, out=points)
