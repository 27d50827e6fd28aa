"""A forecast learned from the trailing four weeks: a daily profile, and how departures fade.

The signal is taken as a profile by hour of the day (recent days weigh more) plus an anomaly, the
departure from it. Two rules say what is left of the anomaly later, and the forecast is their mean:
for each lead time a small ridge regression on its last four hours and the time of day, and kriging
with one correlation for all hours. The first sees what is special about a time of day, the second
is surer and reaches further; their errors are of different kinds. Wind lasts for hours and then
reverts; the sun comes back every day: both are in it, and little else is in four weeks.
"""

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slurm_energy.model.series import Series
from slurm_energy.signals.forecast.hours import (
    DAY_HOURS,
    HOUR,
    Past,
    Values,
    past,
    told,
)
from slurm_energy.signals.forecast.kriging import AHEAD, Kriging, kriging
from slurm_energy.signals.forecast.naive import same_hours

REACH = 36
"""Lead times with a regression of their own, in hours."""
MEMORY_DAYS = 14.0
"""A day so many days ago weighs 1/e in the profile."""
RIDGE = 1.0
"""Penalty on each coefficient of the standardised inputs, in hours of evidence."""
LAGS = 4
"""Hours of anomaly that are inputs: the present and those before it."""
WARM_UP = 3 * DAY_HOURS
"""The first known hours only feed the profile."""
LEAST_HOURS = 6 * DAY_HOURS
"""Fewer known hours before midnight teach nothing: then the weekly mean holds."""
FLAT = 1e-9
"""Anomalies below this share of the largest value are rounding: the profile is the forecast."""
KEPT_FITS = 16
"""Fits kept for as many clusters and signals."""


@dataclass(frozen=True, slots=True)
class Fit:
    """What was learned at the last midnight; where ``kriging`` is None the profile is all."""

    scale: float
    """Standard deviation of the anomaly, by which inputs are divided."""
    weights: Values
    """Shape (REACH, inputs): the regression for each lead time."""
    kriging: Kriging | None
    spread: Values
    """Shape (REACH,): standard deviation of what the fit missed."""


class Learned:
    """Fits once a day per signal, on the 27 days before midnight UTC; predicts at any time.

    A fit is a function of those days alone: one that is kept changes no value.
    """

    name = "learned"

    def __init__(self) -> None:
        self._fits: OrderedDict[bytes, Fit | None] = OrderedDict()

    def __call__(self, history: Series, now: int, until: int) -> Series:
        """Hourly values to ``until``; the weekly mean where there is too little history."""
        known = past(history, now)
        fit = self._fit(known)
        if fit is None:
            return same_hours(known, now, until)
        values, spread = predict(fit, known, known.ahead(until))
        days = np.count_nonzero(np.isfinite(known.values)) // DAY_HOURS
        return told(known, now, values, spread, f"learned from {days} days")

    def _fit(self, known: Past) -> Fit | None:
        """The fit of the window before today, made once."""
        today = known.last // HOUR % DAY_HOURS + 1
        window = known.values[DAY_HOURS - today : -today]
        key = window.tobytes()
        if key not in self._fits:
            self._fits[key] = fit(window)
            if len(self._fits) > KEPT_FITS:
                self._fits.popitem(last=False)
        self._fits.move_to_end(key)
        return self._fits[key]


def fit(window: Values) -> Fit | None:
    """What whole days before a midnight teach, shape (hours,); None for too little."""
    known = np.flatnonzero(np.isfinite(window))
    if len(known) < LEAST_HOURS:
        return None
    profile = _profiles(window.reshape(-1, DAY_HOURS))
    anomaly = window - profile.ravel()
    scale = float(np.sqrt(np.mean(anomaly[known] ** 2)))
    if not scale > FLAT * float(np.max(np.abs(window[known]))):
        return Fit(1.0, np.zeros((REACH, LAGS + 3)), None, np.zeros(REACH))
    rows = np.arange(known[0] + WARM_UP, len(window))
    inputs = _inputs(np.stack([anomaly[rows - lag] for lag in range(LAGS)], axis=1) / scale, rows)
    targets = _targets(window, profile.ravel(), rows) / scale
    weights = np.stack([_ridge(inputs, targets[:, lead]) for lead in range(REACH)])
    steady = kriging(window.reshape(-1, DAY_HOURS) - profile[-1])
    days = np.lib.stride_tricks.sliding_window_view(_filled(anomaly), DAY_HOURS)
    left = steady.left(days[rows - DAY_HOURS + 1, ::-1], rows)[:, :REACH]
    said = (inputs @ weights.T + left / scale) / 2
    return Fit(scale, weights, steady, scale * np.maximum.accumulate(_missed(targets - said)))


def predict(fit: Fit, known: Past, count: int) -> tuple[Values, Values]:
    """The ``count`` hours after the present one, and the deviation of each."""
    recent = known.values
    cycle = _profiles(recent.reshape(-1, DAY_HOURS))[-1]
    values, spread = np.resize(cycle, count), np.full(count, fit.spread[-1])
    near, far = min(count, REACH), min(count, AHEAD)
    spread[:near] = fit.spread[:near]
    if fit.kriging is not None:
        anomaly = _filled(recent[-DAY_HOURS:] - cycle)[np.newaxis, ::-1]
        hour = np.array([known.last // HOUR % DAY_HOURS])
        inputs = _inputs(anomaly[:, :LAGS] / fit.scale, hour)[0]
        values[:near] += fit.scale * (fit.weights @ inputs)[:near] / 2
        values[:far] += fit.kriging.left(anomaly, hour)[0, :far] / 2
    return values, spread


def _profiles(table: Values) -> Values:
    """By day and hour, the weighted mean of that hour on the days up to then; shape as given."""
    days = np.arange(len(table))
    age = days[:, np.newaxis] - days[np.newaxis]
    weight = np.where(age >= 0, np.exp(-np.maximum(age, 0) / MEMORY_DAYS), 0.0)
    total = weight @ np.nan_to_num(table)
    seen = weight @ np.isfinite(table)
    mean = np.divide(total, seen, out=np.full(table.shape, np.nan), where=seen > 0)
    return np.where(np.isfinite(mean), mean, np.nanmean(table))


def _inputs(anomalies: Values, hours: NDArray[np.int64]) -> Values:
    """Shape (rows, LAGS + 3): the anomalies, the newest by the time of day, and a constant."""
    angle = 2 * np.pi * hours / DAY_HOURS
    newest = anomalies[:, 0]
    columns = (newest * np.cos(angle), newest * np.sin(angle), np.ones(len(hours)))
    return np.column_stack((anomalies, *columns))


def _targets(window: Values, profile: Values, rows: NDArray[np.int64]) -> Values:
    """Shape (rows, REACH): departures ahead from the profile of each row; NaN where unknown."""
    targets = np.full((len(rows), REACH), np.nan)
    for lead in range(1, REACH + 1):
        now = rows[:-lead]
        days = -(-lead // DAY_HOURS)
        targets[:-lead, lead - 1] = window[now + lead] - profile[now + lead - DAY_HOURS * days]
    return targets


def _ridge(inputs: Values, target: Values) -> Values:
    """Coefficients; nothing is learned from no rows."""
    usable = np.isfinite(target) & np.isfinite(inputs).all(axis=1)
    known, wanted = inputs[usable], target[usable]
    gram = known.T @ known + RIDGE * np.eye(inputs.shape[1])
    return np.asarray(np.linalg.solve(gram, known.T @ wanted), dtype=np.float64)


def _missed(missed: Values) -> Values:
    """Root mean square by column; 1 where nothing is known."""
    counts = np.isfinite(missed).sum(axis=0)
    mean = np.nansum(missed**2, axis=0) / np.maximum(counts, 1)
    return np.where(counts > 0, np.sqrt(mean), 1.0)


def _filled(anomalies: Values) -> Values:
    """Unknown hours take the last known anomaly before them, or none at all."""
    known = np.isfinite(anomalies)
    last = np.maximum.accumulate(np.where(known, np.arange(len(anomalies)), -1))
    return np.where(last >= 0, anomalies[last], 0.0)
