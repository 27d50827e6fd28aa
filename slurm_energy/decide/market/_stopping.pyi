"""The compiled loop of :mod:`slurm_energy.decide.market.stopping`."""

import numpy as np
from numpy.typing import NDArray

def answer(
    price: NDArray[np.float64],
    level: NDArray[np.float64],
    alive: NDArray[np.float64],
    curve: NDArray[np.int64],
    shape: NDArray[np.int64],
    first: NDArray[np.int64],
    budget: NDArray[np.int64],
    done: NDArray[np.float64],
    running: NDArray[np.uint8],
    units: NDArray[np.float64],
    delay: NDArray[np.float64],
    cost: float,
    most: int,
    load: NDArray[np.float64],
    at_once: NDArray[np.float64],
    best: NDArray[np.float64],
    later: NDArray[np.float64],
    wait: NDArray[np.int64],
    order: NDArray[np.int64],
) -> int: ...
