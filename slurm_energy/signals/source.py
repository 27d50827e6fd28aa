"""Every cluster's signals: composed, judged by age, never raising."""

from collections.abc import Mapping
from dataclasses import dataclass

from slurm_energy.model.cooling import Cooling
from slurm_energy.model.series import ClusterSignals, Signal
from slurm_energy.signals.reading import Reading, SeriesSource
from slurm_energy.signals.trust import Trust


@dataclass(frozen=True, slots=True)
class ClusterSources:
    """Where one cluster's signals come from; None where the site has none."""

    carbon: SeriesSource | None = None
    price: SeriesSource | None = None
    temperature: SeriesSource | None = None
    """Outside; only ``cooling`` asks for it."""
    cooling: Cooling | None = None
    """None: the site names no PUE."""


class Signals:
    """Implements :class:`~slurm_energy.ports.SignalSource` over a source per cluster and signal."""

    def __init__(
        self, sources: Mapping[str, ClusterSources], trust: Mapping[Signal, Trust]
    ) -> None:
        self._sources = sources
        self._trust = trust

    def read(self, now: int) -> Mapping[str, ClusterSignals]:
        """By cluster; None with a problem for what is missing, stale or silent about now."""
        return {name: self._cluster(sources, now) for name, sources in self._sources.items()}

    def _cluster(self, sources: ClusterSources, now: int) -> ClusterSignals:
        carbon = self._judged(Signal.CARBON, sources.carbon, now)
        price = self._judged(Signal.PRICE, sources.price, now)
        problems = (*carbon.problems, *price.problems)
        if sources.cooling is None:
            return ClusterSignals(carbon.series, price.series, problems)
        outside = self._outside(sources.cooling, sources.temperature, now)
        pue = sources.cooling.pue(outside.series, now)
        return ClusterSignals(carbon.series, price.series, (*problems, *outside.problems), pue)

    def _outside(self, cooling: Cooling, temperature: SeriesSource | None, now: int) -> Reading:
        """The temperature; where it is missing, what stands instead."""
        found = self._judged(Signal.TEMPERATURE, temperature, now)
        silent = found.series is None or found.series.at(now) is None
        if temperature is None or not silent:
            return found
        stands = f"no temperature to tell PUE by: the design value {cooling.design:g} stands"
        return Reading(found.series, (*found.problems, stands))

    def _judged(self, signal: Signal, source: SeriesSource | None, now: int) -> Reading:
        if source is None:
            return Reading(None)
        reading = source.read(now)
        if reading.series is None:
            return reading
        distrust = self._trust[signal].distrust(reading.series, now)
        if distrust is None:
            return reading
        return Reading(None, (*reading.problems, distrust))
