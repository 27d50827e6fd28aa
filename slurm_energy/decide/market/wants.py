"""Everything that wants the cluster, as the market settles it: see :func:`wishes`."""

import numpy as np

from slurm_energy.decide.durations.shapes import lengths
from slurm_energy.decide.market.congestion import Wishes
from slurm_energy.decide.market.expected import Expected
from slurm_energy.decide.market.floor import Floor
from slurm_energy.decide.market.shares import base_load
from slurm_energy.decide.market.starts import Asks
from slurm_energy.decide.market.stopping import Resumables
from slurm_energy.decide.pricing.prices import Index


def wishes(floor: Floor, expected: Expected) -> Wishes:
    """Who chooses, then who is expected; and what is taken whatever the price."""
    stage, prices = floor.stage, floor.prices
    known = stage.shapes.alive
    return Wishes(
        np.concatenate([known, expected.alive]),
        expected.asks(asks_of(floor, floor.block), floor.lines, len(known)),
        expected.resumables(_resumables(floor), floor.lines, len(known)),
        base_load(stage, prices.values.shape[1]),
        stage.policy.interruption_cost / prices.slot,
        stage.policy.least_gain,
    )


def asks_of(floor: Floor, rows: Index) -> Asks:
    """Applicants that run in one piece."""
    stage, prices = floor.stage, floor.prices
    kept = stage.applicants.kept[rows]
    length = lengths(stage.shapes.alive)[floor.shape[rows]]
    return Asks(
        floor.curve[rows],
        floor.shape[rows],
        floor.first[rows],
        floor.last[rows],
        np.where(kept > 0, (kept - prices.start) // prices.slot, -1),
        stage.delays(floor.lines)[floor.curve[rows]] / length,
        floor.units[rows],
    )


def _resumables(floor: Floor) -> Resumables:
    """Applicants that may stop."""
    rows, stage, slot = floor.course, floor.stage, floor.prices.slot
    return Resumables(
        floor.curve[rows],
        floor.shape[rows],
        floor.first[rows],
        np.maximum(0, floor.last[rows] - floor.first[rows]),
        stage.applicants.rows.work_done(stage.now, stage.policy.interruption_cost)[rows] / slot,
        stage.applicants.running[rows].astype(np.uint8),
        stage.delays(floor.lines)[floor.curve[rows]],
        floor.units[rows],
    )
