"""What scoring needs to know besides the queue: one row per cluster, class and sensitivity."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slurm_energy.errors import InputError

INT32_MAX: Final = 2**31 - 1
NO_LATEST_START: Final = INT32_MAX
"""Slack of a job without a latest start: ample for every finite horizon."""
MOST_ROWS: Final = 2**16

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ScoreTable:
    """What holds for each of C rows (cluster, class, sensitivity) over S slots of slack.

    Arrays (or anything numpy makes one of) are checked, copied and made read-only. Raises
    :class:`~slurm_energy.errors.InputError` for a wrong shape or a value out of range.
    """

    horizon: Doubles
    """(C,) seconds of slack from which a job scores 0; inf: slack does not matter."""
    urgency_weight: Doubles
    """(C,) worth of urgency 100, 0 to 1; from the policy."""
    band: NDArray[np.int32]
    """(C,) most points of SiteFactor, from the policy; a fraction of a point is dropped."""
    energy: Doubles
    """(C, S) worth of not waiting, 0 to 1, by slots of slack: how much worse than now is the best
    later start. More slack is more choice, so it never rises along S. From the price curve."""
    slot_seconds: int
    """Length of a slot of ``energy``."""
    quantum: int
    """Points are whole multiples of it."""

    def __post_init__(self) -> None:
        horizon = _horizon(self.horizon)
        urgency_weight = _array("urgency_weight", self.urgency_weight, 1, 0, 1)
        band = _array("band", self.band, 1, 0, INT32_MAX).astype(np.int32)
        energy = _array("energy", self.energy, 2, 0, 1)
        _array("slot_seconds", self.slot_seconds, 0, 1, INT32_MAX)
        _array("quantum", self.quantum, 0, 1, INT32_MAX)
        _check_shapes(energy.shape, len(horizon), len(urgency_weight), len(band))
        _check_falling(energy)
        for name, column in (
            ("horizon", horizon),
            ("urgency_weight", urgency_weight),
            ("band", band),
            ("energy", energy),
        ):
            column.setflags(write=False)
            object.__setattr__(self, name, column)


def _horizon(value: ArrayLike) -> Doubles:
    horizon = np.array(value, dtype=np.float64)
    always = np.isposinf(horizon)
    _array("horizon (unless it is inf)", np.where(always, 1, horizon), 1, 1, INT32_MAX)
    return horizon


def _array(name: str, value: ArrayLike, dimensions: int, low: float, high: float) -> Doubles:
    """A contiguous copy in doubles, every value between ``low`` and ``high``."""
    array = np.array(value, dtype=np.float64, order="C")
    if array.ndim != dimensions or array.size == 0:
        shape = "one number", "one value per row", "rows x slots"
        msg = f"{name} has shape {array.shape}; give {shape[dimensions]}"
        raise InputError(msg)
    wrong = array[~((array >= low) & (array <= high))]  # so that NaN is wrong too
    if wrong.size:
        msg = f"{name} is {wrong[0]:g} in the score table; allowed are {low} to {high}"
        raise InputError(msg)
    return array


def _check_shapes(shape: tuple[int, ...], *lengths: int) -> None:
    rows, slots = shape
    if set(lengths) != {rows}:
        msg = (
            f"the score table has {rows} rows of energy, but horizon, urgency_weight and band "
            f"have {lengths}; give one value per row"
        )
        raise InputError(msg)
    if rows > MOST_ROWS or rows * slots > INT32_MAX:
        msg = f"the score table is {rows} x {slots}; allowed are {MOST_ROWS} rows, 2**31 - 1 cells"
        raise InputError(msg)


def _check_falling(energy: Doubles) -> None:
    rising = np.argwhere(energy[:, 1:] > energy[:, :-1])
    if rising.size:
        row, slot = rising[0].tolist()
        msg = (
            f"energy rises from {energy[row, slot]:g} to {energy[row, slot + 1]:g} at row {row}, "
            f"slot {slot + 1}; more slack never makes waiting worse: give its running minimum"
        )
        raise InputError(msg)
