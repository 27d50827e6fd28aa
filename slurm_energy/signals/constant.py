"""A signal that never changes: a fixed tariff, a yearly average."""

from slurm_energy.model.series import Series, Signal
from slurm_energy.signals.reading import Reading

REACH = 14 * 86400
"""How far ahead a constant is promised, in seconds: beyond any planning horizon."""


class Constant:
    """One value, always fresh, in the unit in which ``signal`` is kept."""

    def __init__(self, signal: Signal, value: float) -> None:
        self._signal = signal
        self._value = value

    def read(self, now: int) -> Reading:
        """The value from the epoch until two weeks ahead, issued now."""
        series = Series(self._signal, (0,), (self._value,), now + REACH, now, "constant")
        return Reading(series)
