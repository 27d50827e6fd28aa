"""The compiled loop of :mod:`slurm_energy.decide.starts`."""

import numpy as np
from numpy.typing import NDArray

def pick(
    mean: NDArray[np.float64],
    line: NDArray[np.int64],
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    kept: NDArray[np.int64],
    delay: NDArray[np.float64],
    least_gain: float,
    start: NDArray[np.int64],
    later: NDArray[np.float64],
) -> None: ...
