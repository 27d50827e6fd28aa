"""What waiting costs: the energy part of a job's score, from its class's price curve."""

import numpy as np

from slurm_energy.decide.pricing.price import Curve, Values

FULL_REGRET = 2.0
"""Standard deviations at which waiting counts as fully regretted."""


def regret(curve: Curve | None, slots: int) -> Values:
    """How much dearer the best later start is than now, by slots of slack left; in [0, 1].

    Element ``s`` looks at starts in slots 1 to ``s``: with more slack there is more to choose
    from, so the values never rise. No later start at all is full regret; no curve is none.
    """
    if curve is None or len(curve.values) == 0:
        return np.zeros(slots)
    later = np.minimum.accumulate(curve.values[1:slots]) - curve.values[0]
    known = np.concatenate(([FULL_REGRET], later))
    tail = np.full(max(0, slots - len(known)), known[-1])
    values = np.concatenate((known, tail))[:slots]
    return np.clip(np.minimum.accumulate(values) / FULL_REGRET, 0.0, 1.0)
