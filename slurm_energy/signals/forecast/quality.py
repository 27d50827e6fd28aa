"""How good each source of forecasts has been: scored as hours become known, slowly forgotten.

What a planner needs of a forecast is not the level but the order of hours, and above all the place
of the present among them: whether now is one of the good hours of the coming day. Both are
tracked, and the errors beside them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from slurm_energy.model.scores import Score, Scores, Window
from slurm_energy.model.series import Series
from slurm_energy.signals.forecast.hours import DAY_HOURS, HOUR, Values, past

BANDS = ((1, 6), (7, 12), (13, 23))
"""Lead times in hours, both ends included, whose errors are tracked apart."""
HALF_LIFE_DAYS = 14.0
"""After so many days a window counts half."""
TRUSTED_DAYS = 3.0
"""Evidence with which a source may be compared with the first in the given order."""
CLEARLY = 0.1
"""A source replaces the first in order when its merit is higher by more than this: over some
twenty days smaller differences are chance."""
JUDGED_DAYS = 7.0
"""Evidence with which ranking may be called worthless."""
WORTHLESS = 0.1
"""A mean rank correlation below this orders hours hardly better than chance."""
NO_VARIANCE = 1e-12


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one source. Correlations are in -1 to 1, None without evidence."""

    source: str
    days: float
    """Evidence: scored windows in days, older ones counting less."""
    rank: float | None
    """Mean Spearman correlation within 24 h windows, the present hour included."""
    timing: float | None
    """Correlation, over windows, of the predicted and the true share of the window below now."""
    error: tuple[float, ...]
    """Mean absolute error by band; empty without evidence."""
    bias: tuple[float, ...]
    """Mean of forecast minus truth by band."""

    @property
    def mean_error(self) -> float | None:
        """Mean absolute error over all lead times of the bands; None without evidence."""
        hours = [last - first + 1 for first, last in BANDS]
        return float(np.average(self.error, weights=hours)) if self.error else None


@dataclass(frozen=True, slots=True)
class Choice:
    """Which source to use, and whether any of them ranks at all."""

    source: str | None
    """None: ranking is worthless, use a threshold."""
    reason: str


@dataclass(slots=True)
class _Sums:
    """Exponentially forgotten sums of one source's scores."""

    at: int = 0
    weight: float = 0.0
    rank: float = 0.0
    places: Values = field(default_factory=lambda: np.zeros(5))
    """Of the predicted place, the true one, their squares and their product."""
    error: Values = field(default_factory=lambda: np.zeros(len(BANDS)))
    bias: Values = field(default_factory=lambda: np.zeros(len(BANDS)))

    @classmethod
    def of(cls, score: Score) -> "_Sums":
        """As they were kept."""
        return cls(
            score.at,
            score.weight,
            score.rank,
            np.array(score.places),
            np.array(score.error),
            np.array(score.bias),
        )

    def kept(self) -> Score:
        """As they are kept."""
        return Score(
            at=self.at,
            weight=self.weight,
            rank=self.rank,
            places=tuple(self.places.tolist()),
            error=tuple(self.error.tolist()),
            bias=tuple(self.bias.tolist()),
        )


class Quality:
    """The record of every source of one signal on one cluster.

    ``note`` what each source says now, ``score`` when hours became known, then ask ``choose``.
    One window per source and hour is kept; at most 24 wait for their truth.
    """

    def __init__(self, kept: Scores | None = None) -> None:
        self._sums: dict[str, _Sums] = {}
        self._waiting: list[Window] = []
        if kept is not None:
            self._sums = {name: _Sums.of(one) for name, one in kept.by_source.items()}
            self._waiting = list(kept.waiting)
        self._noted = {one.source: one.start for one in self._waiting}

    def kept(self, judged: int) -> Scores:
        """All of it, for a :class:`Quality` after a restart; ``judged`` is its last hour."""
        scores = {name: sums.kept() for name, sums in self._sums.items()}
        return Scores(judged, scores, tuple(self._waiting))

    def note(self, source: str, forecast: Series, now: int) -> None:
        """Remember the next 24 hours of a forecast; one that is shorter can't be scored."""
        start = now - now % HOUR
        if self._noted.get(source) == start:
            return
        values = [forecast.at(max(now, start + HOUR * lead)) for lead in range(DAY_HOURS)]
        found = [value for value in values if value is not None]
        if len(found) == DAY_HOURS:
            self._noted[source] = start
            self._waiting.append(Window(source, start, tuple(found)))

    def score(self, history: Series, now: int) -> None:
        """Score every window whose last hour is known by ``now``; nothing later is read."""
        ripe = min(now, history.end - 1) - HOUR * (DAY_HOURS - 1)
        due = [one for one in self._waiting if one.start <= ripe]
        if not due:
            return
        self._waiting = [one for one in self._waiting if one.start > ripe]
        known = past(history, now)
        for window in due:
            first = (window.start - known.start) // HOUR
            truth = known.values[first : first + DAY_HOURS] if first >= 0 else np.zeros(0)
            if len(truth) == DAY_HOURS and np.isfinite(truth).all():
                _add(self._sums.setdefault(window.source, _Sums()), window, truth)

    def standing(self, source: str) -> Standing:
        """What is known of a source."""
        sums = self._sums.get(source)
        if sums is None:
            return Standing(source, 0.0, None, None, (), ())
        return Standing(
            source=source,
            days=sums.weight / DAY_HOURS,
            rank=sums.rank / sums.weight,
            timing=_correlation(sums.places / sums.weight),
            error=tuple((sums.error / sums.weight).tolist()),
            bias=tuple((sums.bias / sums.weight).tolist()),
        )

    def choose(self, sources: Sequence[str]) -> Choice:
        """The source that told best when to run; the first in order until there is evidence."""
        standings = [self.standing(source) for source in sources]
        judged = [one for one in standings if one.days >= JUDGED_DAYS]
        ranks = {one.source: one.rank for one in judged if one.rank is not None}
        if len(ranks) == len(sources) > 0 and max(ranks.values()) < WORTHLESS:
            best = max(ranks, key=ranks.__getitem__)
            return Choice(None, f"no source ranks hours: {best}, the best, at {ranks[best]:.2f}")
        return _preferred(standings)


def _preferred(standings: Sequence[Standing]) -> Choice:
    """The first in order, unless another with evidence has been clearly better."""
    first = standings[0]
    if first.days < TRUSTED_DAYS:
        return Choice(first.source, "the first in order; not enough is known to compare")
    best = max((one for one in standings if one.days >= TRUSTED_DAYS), key=merit)
    chosen = best if merit(best) > merit(first) + CLEARLY else first
    return Choice(chosen.source, f"merit {merit(chosen):.2f} in {chosen.days:.0f} days")


def merit(one: Standing) -> float:
    """What sources are compared by, at most 1: the mean of timing and rank correlation.

    Of all that was tried timing tells best which source a re-planning rule saves more with; rank
    adds what matters to a job that runs in one block.
    """
    return ((one.timing or 0.0) + (one.rank or 0.0)) / 2


def _add(sums: _Sums, window: Window, truth: Values) -> None:
    """One more scored window; what was before counts less by the time since."""
    told = np.array(window.values)
    kept = 0.5 ** ((window.start - sums.at) / (HALF_LIFE_DAYS * DAY_HOURS * HOUR))
    predicted, true = place(told), place(truth)
    places = (predicted, true, predicted**2, true**2, predicted * true)
    missed = told - truth
    bands = [missed[first : last + 1] for first, last in BANDS]
    sums.at = window.start
    sums.weight = kept * sums.weight + 1
    sums.rank = kept * sums.rank + spearman(told, truth)
    sums.places = kept * sums.places + np.array(places)
    sums.error = kept * sums.error + [float(np.mean(np.abs(band))) for band in bands]
    sums.bias = kept * sums.bias + [float(np.mean(band)) for band in bands]


def place(window: Values) -> float:
    """Share of the hours after the first that lie below it: 0 says run now, 1 says wait."""
    return float(np.mean(window[1:] < window[0]))


def spearman(one: Values, other: Values) -> float:
    """Rank correlation, equal values sharing their mean rank; 0 where either has no order."""
    first, second = _ranks(one), _ranks(other)
    size = float(np.sqrt(first @ first * (second @ second)))
    return float(first @ second) / size if size > 0 else 0.0


def _ranks(values: Values) -> Values:
    """Ranks about their mean."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    rank: Values = (last - (counts - 1) / 2)[which]
    return rank - (len(values) + 1) / 2


def _correlation(means: Values) -> float | None:
    """Pearson's, from the means of x, y, xx, yy and xy; None where either never varied."""
    x, y, xx, yy, xy = (float(mean) for mean in means)
    size = (xx - x * x) * (yy - y * y)
    return (xy - x * y) / size**0.5 if size > NO_VARIANCE else None
