"""Every cluster's signals: composed, judged by age, never raising."""

from collections.abc import Mapping
from dataclasses import dataclass

from slurm_energy.model.series import ClusterSignals, Series, Signal
from slurm_energy.model.timescale import REAL_TIME, TimeScale
from slurm_energy.signals.reading import Reading, SeriesSource

CLOCK_TOLERANCE = 300
"""Seconds a series may claim to be issued ahead of our clock; clocks differ."""


@dataclass(frozen=True, slots=True)
class ClusterSources:
    """Where one cluster's signals come from; None where the site has none."""

    carbon: SeriesSource | None = None
    price: SeriesSource | None = None


class Signals:
    """Implements :class:`~slurm_energy.ports.SignalSource` over a source per cluster and signal.

    ``stale_after`` is in recorded seconds by signal; a signal without one never goes stale.
    """

    def __init__(
        self,
        sources: Mapping[str, ClusterSources],
        stale_after: Mapping[Signal, int],
        scale: TimeScale = REAL_TIME,
    ) -> None:
        self._sources = sources
        self._stale_after = stale_after
        self._scale = scale

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
        distrust = self._distrust(signal, reading.series, now)
        if distrust is None:
            return reading
        return Reading(None, (*reading.problems, distrust))

    def _distrust(self, signal: Signal, series: Series, now: int) -> str | None:
        """Why the series can't be used now, in one line; None when it can."""
        name = f"{signal.name.lower()} from {series.source}"
        value = series.at(now)
        if value is None:
            return f"{name}: says nothing about now, only {series.times[0]} to {series.end} (epoch)"
        age = series.age(now)
        allowed = self._allowed_age(signal)
        if allowed is not None and age > allowed:
            return (
                f"{name}: {value:g} {signal} is stale, {age} s old, allowed {allowed:g} s; "
                "see what should renew it"
            )
        if age < -CLOCK_TOLERANCE:
            return f"{name}: issued {-age} s ahead of our clock, allowed {CLOCK_TOLERANCE} s"
        return None

    def _allowed_age(self, signal: Signal) -> float | None:
        recorded = self._stale_after.get(signal)
        return None if recorded is None else self._scale.wall(recorded)
