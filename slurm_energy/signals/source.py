"""Every cluster's signals: composed, judged by age, never raising."""

from collections.abc import Mapping
from dataclasses import dataclass

from slurm_energy.model.series import ClusterSignals, Signal
from slurm_energy.signals.reading import Reading, SeriesSource
from slurm_energy.signals.trust import Trust


@dataclass(frozen=True, slots=True)
class ClusterSources:
    """Where one cluster's signals come from; None where the site has none."""

    carbon: SeriesSource | None = None
    price: SeriesSource | None = None


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
        return ClusterSignals(carbon.series, price.series, (*carbon.problems, *price.problems))

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
