"""Jobs that are likely to come, as rows of the market beside those that are there.

How they come is watched in :mod:`arrivals`; here each kind's arrivals of an hour become one job.
"""

from collections.abc import Sequence

import numpy as np

from slurm_energy.decide.durations.shapes import lengths
from slurm_energy.decide.market.arrivals import Arrivals
from slurm_energy.decide.market.stage import Stage
from slurm_energy.decide.market.starts import Asks
from slurm_energy.decide.market.stopping import Resumables
from slurm_energy.decide.pricing.price import Line
from slurm_energy.decide.pricing.prices import Index

AHEAD = 24 * 3600
"""How far ahead arrivals are expected: later ones plan around what is known by then."""
BATCH = 3600
"""Arrivals of this many seconds are expected as one job."""


class Expected:
    """Jobs that are likely to come, hour by hour, as rows after those that are there."""

    def __init__(self, arrivals: Arrivals, stage: Stage) -> None:
        limited = bool(stage.capacity.resources)
        rates = arrivals.rates() if limited else {}
        self._stage = stage
        self._kinds = [kind for kind in rates if stage.curve((stage.cluster, *kind[:2]))]
        self._rates = [rates[kind] for kind in self._kinds]
        columns = stage.shapes.alive.shape[1]
        self.alive = np.array([one.alive for one in self._rates]).reshape(-1, columns)
        self.lines: set[Line] = {(stage.cluster, *kind[:2]) for kind in self._kinds}
        slot = stage.policy.slot
        step = max(1, BATCH // slot)
        self._slots = np.arange(step, AHEAD // slot, step, dtype=np.int64)
        self._units = np.array([one.units * step * slot for one in self._rates])
        self._waits = np.array([one.wait for one in self._rates], dtype=np.int64)

    def asks(self, own: Asks, lines: Sequence[Line], first_shape: int) -> Asks:
        """``own``, then those expected that run in one piece; their shapes begin there."""
        kind, slot, curve = self._rows(lines, stoppable=False)
        if not len(kind):
            return own
        delay = self._stage.delays(lines)[curve] / lengths(self.alive)[kind]
        return Asks(
            np.append(own.curve, curve),
            np.append(own.shape, kind + first_shape),
            np.append(own.first, slot),
            np.append(own.last, slot + self._waits[kind]),
            np.append(own.kept, np.full(len(kind), -1)),
            np.append(own.delay, delay),
            np.append(own.units, self._units[kind]),
        )

    def resumables(self, own: Resumables, lines: Sequence[Line], first_shape: int) -> Resumables:
        """``own``, then those expected that may stop; their shapes begin there."""
        kind, slot, curve = self._rows(lines, stoppable=True)
        if not len(kind):
            return own
        return Resumables(
            np.append(own.curve, curve),
            np.append(own.shape, kind + first_shape),
            np.append(own.first, slot),
            np.append(own.budget, self._waits[kind]),
            np.append(own.done, np.zeros(len(kind))),
            np.append(own.running, np.zeros(len(kind), dtype=np.uint8)),
            np.append(own.delay, self._stage.delays(lines)[curve]),
            np.append(own.units, self._units[kind]),
        )

    def _rows(self, lines: Sequence[Line], *, stoppable: bool) -> tuple[Index, Index, Index]:
        """Kind, slot and curve of each."""
        index = {line: number for number, line in enumerate(lines)}
        kinds = [number for number, kind in enumerate(self._kinds) if kind.stoppable is stoppable]
        curves = [index[self._stage.cluster, *self._kinds[number][:2]] for number in kinds]
        count = len(self._slots)
        return (
            np.repeat(np.array(kinds, dtype=np.int64), count),
            np.tile(self._slots, len(kinds)),
            np.repeat(np.array(curves, dtype=np.int64), count),
        )
