"""The simulated world's time."""

from time import perf_counter


class SimulatedClock:
    """Implements :class:`~slurm_energy.ports.Clock`: stands still until the world moves it."""

    def __init__(self, now: int) -> None:
        self._now = now

    def now(self) -> int:
        """Simulated seconds since the epoch."""
        return self._now

    def elapsed(self) -> float:
        """Real seconds: what a turn costs us. Nothing that is simulated depends on it."""
        return perf_counter()

    def move_to(self, now: int) -> None:
        """Let time pass until ``now``."""
        self._now = now
