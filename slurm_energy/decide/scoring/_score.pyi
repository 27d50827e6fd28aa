"""The compiled loop's signature, for the type checker; the source is ``ext/_score.pyx``."""

import numpy as np
from numpy.typing import NDArray

def fill(
    slack: NDArray[np.int32],
    urgency: NDArray[np.uint8],
    row: NDArray[np.uint16],
    horizon: NDArray[np.float64],
    urgency_weight: NDArray[np.float64],
    band: NDArray[np.int32],
    energy: NDArray[np.float64],
    slot_seconds: int,
    quantum: int,
    points: NDArray[np.int32],
) -> None: ...
