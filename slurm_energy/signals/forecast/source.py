"""A signal source that never ends too early: what the provider leaves open, a forecast fills."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from slurm_energy.errors import SeriesError
from slurm_energy.model.series import ClusterSignals, Record, Series, Signal
from slurm_energy.ports import SignalSource
from slurm_energy.signals.forecast.hours import DAY_HOURS, HOUR, WINDOW
from slurm_energy.signals.forecast.splice import remembered

LEAST = DAY_HOURS * HOUR
"""Seconds of history without which nothing is said of the future: less shows no daily course."""


class Completer(Protocol):
    """Makes one signal of one cluster reach far enough."""

    def complete(self, known: Series, now: int, until: int) -> Series:
        """``known`` as it is up to ``now``, reaching ``until``. Raises ``SeriesError``."""

    def records(self) -> Sequence[Record]:
        """How good everyone has been who was judged."""


class Completed:
    """Implements :class:`~slurm_energy.ports.SignalSource` over another one.

    Remembers up to five weeks of what the provider tells, and makes each series reach
    ``now + horizon`` (seconds). Where less than a day is known, or only ever one value, the series
    stays as it is; so does one that is fixed by contract. ``make`` is called once for each cluster
    and signal, with their name.
    """

    def __init__(
        self, source: SignalSource, horizon: int, make: Callable[[str], Completer]
    ) -> None:
        self._source = source
        self._horizon = horizon
        self._make = make
        self._completers: dict[tuple[str, Signal], Completer] = {}
        self._known: dict[tuple[str, Signal], Series] = {}

    def read(self, now: int) -> Mapping[str, ClusterSignals]:
        """By cluster, reaching the horizon where there is any history; problems as they were.

        What ended before now and can't be continued is None, and says so.
        """
        return {
            cluster: self._cluster(cluster, signals, now)
            for cluster, signals in self._source.read(now).items()
        }

    def _cluster(self, cluster: str, signals: ClusterSignals, now: int) -> ClusterSignals:
        carbon = self._completed(cluster, signals.carbon, now)
        price = self._completed(cluster, signals.price, now)
        late = [one for one in (carbon, price) if one is not None and one.end <= now]
        return replace(
            signals,
            carbon=None if carbon in late else carbon,
            price=None if price in late else price,
            problems=(*signals.problems, *(_late(one, now) for one in late)),
            records={
                signal: found
                for (where, signal), completer in self._completers.items()
                if where == cluster and (found := completer.records())
            },
        )

    def _completed(self, cluster: str, series: Series | None, now: int) -> Series | None:
        if series is None or not series.times or series.fixed:
            return series
        key = (cluster, series.signal)
        known = remembered(self._known.get(key), series, now)
        self._known[key] = known
        if len(known.times) == 1 or _known_for(known, now) < LEAST:
            return known
        if key not in self._completers:
            self._completers[key] = self._make(f"{cluster}-{series.signal.name.lower()}")
        try:
            return self._completers[key].complete(known, now, now + self._horizon)
        except SeriesError:
            return known


def _known_for(series: Series, now: int) -> int:
    """Seconds of the forecasters' window, up to now, of which the series tells."""
    first = max(series.times[0], now - WINDOW * HOUR)
    gaps = sum(max(0, min(last, now) - max(begun, first)) for begun, last in series.gaps)
    return now - first - gaps


def _late(series: Series, now: int) -> str:
    told = f"{series.signal.name.lower()} from {series.source} ended {now - series.end} s ago"
    return f"{told}, and there is too little history to go on from; see signals import"
