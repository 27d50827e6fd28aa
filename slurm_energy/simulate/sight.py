"""What a simulated daemon is told of the grid: the truth ahead, or the past and a forecast."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from slurm_energy.model.series import ClusterSignals, Series
from slurm_energy.simulate.scene import Site

HISTORY = 28 * 86_400
"""How much past is shown, as a provider's feed would hold it. Seconds."""


class Forecaster(Protocol):
    """Tells the future from the past alone."""

    def __call__(self, history: Series, now: int, until: int) -> Series:
        """The values from ``history.end`` on, as far as ``until`` or beyond.

        ``history`` ends where the present step begins: a step's mean is known once it is over.
        """


class Foresight:
    """Implements :class:`~slurm_energy.ports.SignalSource` with the truth: the perfect forecast.

    ``horizon``: seconds ahead that are shown. Between two steps of the signals the answer is the
    same object.
    """

    def __init__(self, sites: Sequence[Site], horizon: int) -> None:
        self._sites = sites
        self._horizon = horizon
        self._answer: Mapping[str, ClusterSignals] = {}
        self._until = 0

    def read(self, now: int) -> Mapping[str, ClusterSignals]:
        """Each site's signals as they were and will be."""
        if now >= self._until:
            self._answer = {
                site.name: ClusterSignals(
                    carbon=self._shown(site.carbon, now),
                    price=None if site.price is None else self._shown(site.price, now),
                )
                for site in self._sites
            }
            self._until = next_step(self._sites, now)
        return self._answer

    def _shown(self, truth: Series, now: int) -> Series:
        return part(truth, now - HISTORY, now + self._horizon, issued=now)


class Forecast:
    """Implements :class:`~slurm_energy.ports.SignalSource` with the past and a forecaster.

    Made anew at each step of the signals. What the forecaster is shown ends with the last step
    that is over.
    """

    def __init__(self, sites: Sequence[Site], horizon: int, forecaster: Forecaster) -> None:
        self._sites = sites
        self._horizon = horizon
        self._forecaster = forecaster
        self._answer: Mapping[str, ClusterSignals] = {}
        self._until = 0

    def read(self, now: int) -> Mapping[str, ClusterSignals]:
        """Each site's past, and what is expected from the present step on."""
        if now >= self._until:
            self._answer = {
                site.name: ClusterSignals(
                    carbon=self._expected(site.carbon, now),
                    price=None if site.price is None else self._expected(site.price, now),
                )
                for site in self._sites
            }
            self._until = next_step(self._sites, now)
        return self._answer

    def _expected(self, truth: Series, now: int) -> Series | None:
        past = known(truth, now)
        if past is None:
            return None
        ahead = self._forecaster(past, now, min(now + self._horizon, truth.end))
        return joined(past, ahead, now)


def known(truth: Series, now: int) -> Series | None:
    """The steps of the last weeks that are over; None where none is."""
    present = bisect_right(truth.times, now) - 1
    if present < 1:
        return None
    return part(truth, now - HISTORY, truth.times[present], issued=now)


def joined(past: Series, ahead: Series, now: int) -> Series:
    """The past as measured, then the forecast with its spread."""
    first = bisect_left(ahead.times, past.end)
    spread = ahead.spread and (0.0,) * len(past.times) + ahead.spread[first:]
    return replace(
        ahead,
        times=past.times + ahead.times[first:],
        values=past.values + ahead.values[first:],
        issued=now,
        spread=spread,
    )


def part(truth: Series, since: int, until: int, issued: int) -> Series:
    """The steps that touch ``[since, until)``, whole at the beginning and cut at the end."""
    first = max(0, bisect_right(truth.times, since) - 1)
    last = bisect_left(truth.times, until)
    return replace(
        truth,
        times=truth.times[first:last],
        values=truth.values[first:last],
        end=min(truth.end, until),
        issued=issued,
    )


def next_step(sites: Sequence[Site], now: int) -> int:
    """The next moment at which a signal of any site may change; ``now`` plus a day without one."""
    series = [one for site in sites for one in (site.carbon, site.price) if one is not None]
    steps = [step for one in series if (step := one.next_step(now)) is not None]
    return min(steps, default=now + 86_400)
