"""A distribution of run times as ten numbers, for ``explain``."""

import numpy as np
from numpy.typing import NDArray

_SHARES = np.arange(1, 10) / 10
_END = 1e-6
"""Fewer runs than this share that still go on are none."""


def deciles(alive: NDArray[np.float64], slot: int, most: int | None) -> str:
    """Seconds by which a tenth, two tenths, … of the runs have ended, and the last: ten numbers.

    ``alive``, shape (slots,): the chance that a run lasts longer; times are whole slots of ``slot``
    seconds, and no more than ``most`` (the time limit). Numbers are parted by blanks: a term of a
    decision is one value.
    """
    over = 1 - np.append(_SHARES, 1 - _END)
    # The same comparison as that of the median and the others: half of them means half.
    ended = np.maximum(1, (alive[None, :] > over[:, None]).sum(axis=1)) * slot
    times = ended if most is None else np.minimum(ended, most)
    return " ".join(str(one) for one in times.tolist())
