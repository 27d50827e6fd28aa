"""How much longer or shorter jobs run on one GPU type than on another: configured, or learned.

Learned from series (user, account, stem of the name, GPUs) that ran on both types: the median over
the series of the ratios of their median run times. It counts once a sign test says that the types
differ at all; until then, and where a type is not known, run times are taken as they are.
"""

from bisect import insort
from collections.abc import Mapping
from dataclasses import dataclass
from math import comb
from statistics import median
from typing import NamedTuple

from slurm_energy.decide.gpus.gputypes import GpuTypes
from slurm_energy.model.power import PowerModel

LEAST_RUNS = 3
"""Runs of a series on each of two types before it says anything about them."""
NEWEST = 16
"""Runs of a series on one type that are remembered, those that ended last."""
MOST_SERIES = 20_000
"""Series remembered; past that the half without news for the longest is forgotten."""
MOST_TYPES = 15
"""GPU types told apart; jobs on more are taken as they are."""
DOUBT = 0.01
"""The chance that types of the same speed look as different as this, at most."""
_STEP = 20
"""Learned speeds are told in twentieths: finer, each new run would change every prediction."""
_FASTEST = 0.1
"""No type is ten times as fast as another: such ratios are of series that changed."""

Factors = tuple[float, ...]
"""By code of the type a run was learned on, what its seconds are multiplied by; empty: by 1."""


class Series(NamedTuple):
    """Jobs that do the same work, as far as their names tell."""

    user: str
    account: str
    stem: str
    gpus: int


@dataclass(frozen=True, slots=True)
class Ratio:
    """Run time on one type over that on another, and how many series say so; 0: the site does."""

    factor: float
    series: int

    @property
    def inverse(self) -> "Ratio":
        """The same the other way round."""
        return Ratio(1 / self.factor, self.series)

    def words(self, on: str) -> str:
        """``x0.55 on h100 by 12 series``."""
        by = f"by {self.series} series" if self.series else "as configured"
        return f"x{self.factor:.2g} on {on} {by}"


class Speeds:
    """What is known of the relative speed of GPU types. A type's code is a number; 0: none."""

    def __init__(self, model: PowerModel) -> None:
        self.types = GpuTypes(model)
        self._given = model.speeds
        self._codes: dict[str, int] = {}
        self._runs: dict[Series, dict[str, list[tuple[int, int]]]] = {}
        self._ratios: dict[tuple[str, str], dict[Series, float]] = {}
        self._factors: dict[int, Factors] = {}
        self._stale = True
        self._version = -1

    def code(self, name: str) -> int:
        """The number of a type: 1 to ``MOST_TYPES``; 0 for none, and for what comes after those."""
        found = self._codes.get(name)
        if found is None and name and len(self._codes) < MOST_TYPES:
            found = self._codes[name] = len(self._codes) + 1
            self._stale = True
        return found or 0

    def learn(self, series: Series, name: str, end: int, run: int) -> None:
        """Take in a run of ``run`` seconds, done to its end at ``end``, on this type."""
        if not (series.user and series.stem and series.gpus and name):
            return
        on = self._runs.setdefault(series, {})
        runs = on.setdefault(name, [])
        insort(runs, (end, run))
        del runs[:-NEWEST]
        if len(on) > 1:
            self._compare(series, name)
        if len(self._runs) > MOST_SERIES:
            self._forget()

    def unlearn(self, series: Series, name: str, end: int, run: int) -> None:
        """Such a run was only a piece of one: it says nothing of speed."""
        runs = self._runs.get(series, {}).get(name, [])
        if (end, run) in runs:
            runs.remove((end, run))
            self._compare(series, name)

    def between(self, learned_on: str, on: str) -> Ratio | None:
        """Run time on a type over that on the one it was learned on; None: not known, or alike."""
        if not learned_on or not on or learned_on == on:
            return None
        if learned_on in self._given and on in self._given:
            return Ratio(self._given[learned_on] / self._given[on], 0)
        if learned_on > on:
            found = self.between(on, learned_on)
            return None if found is None else found.inverse
        return _told(self._ratios.get((learned_on, on), {}))

    def refresh(self) -> Mapping[int, Factors]:
        """By code of the type a job is to run on, the factors; nothing where all are 1."""
        if self._version != self.types.version:
            self._version = self.types.version
            for name in self.types.there():
                self.code(name)
        if self._stale:
            self._stale = False
            found = {self._codes[name]: self._to(name) for name in list(self._codes)}
            self._factors = {code: factors for code, factors in found.items() if factors}
        return self._factors

    def words(self, learned_on: int, on: int) -> str:
        """What scaled runs of one type for another, for ``explain``; empty: nothing did."""
        names = dict(zip(self._codes.values(), self._codes, strict=True))
        ratio = self.between(names.get(learned_on, ""), names.get(on, ""))
        return "" if ratio is None else f"{names[learned_on]}, {ratio.words(names[on])}"

    def _to(self, name: str) -> Factors:
        ratios = [None, *(self.between(other, name) for other in self._codes)]
        if not any(ratios):
            return ()
        return tuple(1.0 if one is None else one.factor for one in ratios)

    def _compare(self, series: Series, name: str) -> None:
        """What this series says of the type against each other one that it ran on."""
        on = self._runs[series]
        for other in on:
            pair = (name, other) if name < other else (other, name)
            runs = [[run for _, run in on[one]] for one in pair]
            if other == name:
                continue
            said = self._ratios.setdefault(pair, {})
            said.pop(series, None)
            if min(map(len, runs)) >= LEAST_RUNS:
                first, second = (median(one) for one in runs)
                said[series] = second / first
            self._stale = True

    def _forget(self) -> None:
        """Keep the half of the series that ended last."""
        newest = {one: max(runs[-1][0] for runs in on.values()) for one, on in self._runs.items()}
        ranked = sorted(newest, key=newest.__getitem__, reverse=True)
        self._runs = {one: self._runs[one] for one in ranked[: MOST_SERIES // 2]}
        self._ratios = {
            pair: {one: ratio for one, ratio in said.items() if one in self._runs}
            for pair, said in self._ratios.items()
        }
        self._stale = True


def _told(said: Mapping[Series, float]) -> Ratio | None:
    """The median of these ratios, where so many agree that it is no chance; else None."""
    ratios = said.values()
    shorter, longer = sum(one < 1 for one in ratios), sum(one > 1 for one in ratios)
    if _by_chance(shorter, longer) > DOUBT:
        return None
    middle = median(ratios)
    quick = max(_FASTEST, min(middle, 1 / middle))
    quick = round(quick * _STEP) / _STEP
    if quick == 1:
        return None
    return Ratio(quick if middle < 1 else 1 / quick, len(said))


def _by_chance(shorter: int, longer: int) -> float:
    """The chance of a split as uneven as this one, or more so, of fair coins (sign test)."""
    count, fewer = shorter + longer, min(shorter, longer)
    ways = sum(comb(count, number) for number in range(fewer + 1))
    return min(1.0, float(2 * ways / 2**count))
