"""What a simulated daemon is told of the grid: the truth ahead, or the past and a forecast."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from slurm_energy.errors import SeriesError
from slurm_energy.model.series import ClusterSignals, Series
from slurm_energy.simulate.scene import Site

HISTORY = 28 * 86_400
"""How much past is shown, as a provider's feed would hold it. Seconds."""


class Forecaster(Protocol):
    """Tells the future from the past alone."""

    def __call__(self, history: Series, now: int, until: int) -> Series:
        """The values from the present step on, as far as ``until`` or beyond.

        ``history`` ends with the step that holds ``now``: what a live feed tells of the present is
        known. Raises ``SeriesError`` where history is too short.
        """


Spoke = Mapping[str, Mapping[str, Mapping[str, int]]]
"""By site and signal, how many steps were told by whom."""


class View(Protocol):
    """What is shown of one signal."""

    def __call__(self, truth: Series, now: int) -> Series:
        """The series as known at ``now``. Raises ``SeriesError``."""


class Shown:
    """Implements :class:`~slurm_energy.ports.SignalSource` by one view on every signal's truth.

    Looked at anew at each step of the signals; in between the answer is the same object.
    """

    def __init__(self, sites: Sequence[Site], view: View) -> None:
        self._sites = sites
        self._view = view
        self._answer: Mapping[str, ClusterSignals] = {}
        self._until = 0
        self._spoke: dict[str, dict[str, Counter[str]]] = {}

    @property
    def spoke(self) -> Spoke:
        """Who was chosen to tell the future so far; empty where there is no choice."""
        return self._spoke

    def read(self, now: int) -> Mapping[str, ClusterSignals]:
        """Each site's signals; one that can't be told is None, with the problem."""
        if now >= self._until:
            self._answer = {site.name: self._look(site, now) for site in self._sites}
            self._until = next_step(self._sites, now)
        return self._answer

    def _look(self, site: Site, now: int) -> ClusterSignals:
        problems: list[str] = []
        carbon = self._one(site.carbon, now, problems)
        price = self._one(site.price, now, problems)
        for series in (carbon, price):
            if series is not None and series.forecast is not None:
                signals = self._spoke.setdefault(site.name, {})
                signals.setdefault(series.signal.name.lower(), Counter())[series.forecast.name] += 1
        return ClusterSignals(carbon, price, tuple(problems))

    def _one(self, truth: Series | None, now: int, problems: list[str]) -> Series | None:
        if truth is None:
            return None
        try:
            return self._view(truth, now)
        except SeriesError as error:
            problems.append(str(error))
            return None


def foresight(sites: Sequence[Site], horizon: int) -> Shown:
    """The perfect forecast: the truth, as far as ``horizon`` seconds ahead."""

    def view(truth: Series, now: int) -> Series:
        return part(truth, now - HISTORY, now + horizon, now)

    return Shown(sites, view)


def forecast(sites: Sequence[Site], horizon: int, make: Callable[[], Forecaster]) -> Shown:
    """The past up to the present step, and a forecast from it; ``horizon`` in seconds.

    Each signal of each site has a forecaster of its own, as one that learns needs.
    """
    series = [one for site in sites for one in (site.carbon, site.price) if one is not None]
    own = {id(truth): make() for truth in series}

    def view(truth: Series, now: int) -> Series:
        past, forecaster = known(truth, now), own[id(truth)]
        return joined(past, forecaster(past, now, min(now + horizon, truth.end)), now)

    return Shown(sites, view)


def known(truth: Series, now: int) -> Series:
    """The last weeks, the present step included and whole."""
    return part(truth, now - HISTORY, truth.next_step(now) or truth.end, now)


def joined(past: Series, ahead: Series, now: int) -> Series:
    """The past as measured, then the forecast with its spread."""
    first = bisect_left(ahead.times, past.end)
    spread = ahead.spread and (0.0,) * len(past.times) + ahead.spread[first:]
    return replace(
        ahead,
        times=past.times + ahead.times[first:],
        values=past.values + ahead.values[first:],
        end=max(past.end, ahead.end),
        issued=now,
        spread=spread,
    )


def part(truth: Series, since: int, until: int, issued: int) -> Series:
    """The steps that touch ``[since, until)``: the first one whole, the last one cut."""
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
