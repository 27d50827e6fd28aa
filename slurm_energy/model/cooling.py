"""What a site draws beside its machines: PUE, fixed or by the temperature outside.

PUE (ISO/IEC 30134-2) is a site's energy over that of its IT equipment, never below 1.
"""

from dataclasses import dataclass
from itertools import pairwise

from slurm_energy.model.series import FOR_EVER, Series, Signal


@dataclass(frozen=True, slots=True)
class Cooling:
    """A site's PUE: ``design`` where nothing better is known, else by the temperature."""

    design: float
    curve: tuple[tuple[float, float], ...] = ()
    """(degC, PUE) in rising order of temperature; empty: PUE does not depend on it."""

    def at(self, temperature: float) -> float:
        """PUE at a temperature in degC: linear between points, the end points' beyond them."""
        if not self.curve:
            return self.design
        if temperature <= self.curve[0][0]:
            return self.curve[0][1]
        for (low, first), (high, second) in pairwise(self.curve):
            if temperature <= high:
                share = (temperature - low) / (high - low)
                return first + share * (second - first)
        return self.curve[-1][1]

    def pue(self, outside: Series | None, now: int) -> Series:
        """PUE for all time; the design value wherever ``outside``, in degC, says nothing."""
        if outside is None or not outside.times or not self.curve:
            return Series(Signal.PUE, (0,), (self.design,), FOR_EVER, now, "design PUE", fixed=True)
        return Series(
            signal=Signal.PUE,
            times=(0, *outside.times, outside.end),
            values=(self.design, *map(self.at, outside.values), self.design),
            end=FOR_EVER,
            issued=outside.issued,
            source=f"PUE by {outside.source}",
        )
