"""A signal that never changes: a fixed tariff, a yearly average."""

from slurm_energy.model.series import Kind, Series, Signal
from slurm_energy.signals.reading import Reading

REACH = 14 * 86400
"""How far ahead a constant is promised, in seconds: beyond any planning horizon."""


class Constant:
    """One value, always fresh, in the unit in which ``signal`` is kept."""

    def __init__(self, signal: Signal, value: float, kind: Kind | None = None) -> None:
        self._signal = signal
        self._value = value
        self._kind = kind

    def read(self, now: int) -> Reading:
        """The value from the epoch until two weeks ahead, issued now."""
        end, value = now + REACH, (self._value,)
        return Reading(
            Series(self._signal, (0,), value, end, now, "constant", kind=self._kind, fixed=True)
        )
