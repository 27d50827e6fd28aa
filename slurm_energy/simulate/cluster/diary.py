"""What the clusters did, kept for the judges: pieces of runs, dark nodes, counts."""

from operator import itemgetter

import numpy as np

from slurm_energy.simulate.schedule import NodeOff, Schedule


class Diary:
    """Filled by the clusters while they play; read once at the end."""

    def __init__(self) -> None:
        self._pieces: list[tuple[int, int, int, int, int, int]] = []
        self.dark: list[NodeOff] = []
        self.stops = 0
        self.updates = 0

    def piece(self, job: int, task: int, start: int, end: int, site: int, units: int) -> None:
        """A run, or the part of one that an interruption ended."""
        if end > start:
            self._pieces.append((job, task, start, end, site, units))

    def schedule(self, policy: str) -> Schedule:
        """All pieces by job, task and start."""
        rows = sorted(self._pieces, key=itemgetter(0, 1, 2))
        columns = np.array(rows, dtype=np.int64).reshape(len(rows), 6).T.copy()
        return Schedule(policy, *columns)
