"""The compiled loops of :mod:`slurm_energy.decide.market.starts`."""

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
def means(
    price: NDArray[np.float64],
    alive: NDArray[np.float64],
    curve: NDArray[np.int64],
    shape: NDArray[np.int64],
    length: NDArray[np.float64],
    mean: NDArray[np.float64],
) -> None: ...
def fill_load(
    begun: NDArray[np.float64], alive: NDArray[np.float64], load: NDArray[np.float64]
) -> None: ...
