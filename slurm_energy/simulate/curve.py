"""The clairvoyant frontier of whole runs: how much can be saved at which mean delay, at most."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from slurm_energy.simulate.exact import one_block
from slurm_energy.simulate.judge import Judged
from slurm_energy.simulate.objective import carbon
from slurm_energy.simulate.score import score

PRICES = 12
"""Points of the curve but for its ends."""


class Spot(NamedTuple):
    """One point of the curve."""

    mean_delay_hours: float
    carbon_saved_percent: float


def one_block_curve(judged: Judged) -> Sequence[Spot]:
    """From no delay to the one-block optimum, by a falling price on each hour of a job's delay.

    Without a capacity limit and on the primary: each point is the exact optimum for its price.
    """
    scene, without = judged.scene, judged.baseline.all.carbon_kg
    if without <= 0:
        return ()
    usual = without / max(1, len(scene.jobs))
    spots = [Spot(0.0, 0.0)]
    for price in [*(usual * np.geomspace(3, 1e-3, PRICES)).tolist(), 0.0]:
        found = score(scene, one_block(scene, carbon(scene), price), until=judged.until).all
        spots.append(Spot(found.mean_delay_hours, 100 * (1 - found.carbon_kg / without)))
    return spots
