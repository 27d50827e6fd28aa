"""A forecast learned from the trailing four weeks: a daily profile, and how departures fade.

The signal is taken as a profile by hour of the day (recent days weigh more) plus an anomaly, the
departure from it. For each lead time one small ridge regression says what is left of the anomaly
then, from its last four hours and from the time of day. Wind lasts for hours and then reverts;
the sun comes back every day: both are in it, and little else can be learned from four weeks.
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
from slurm_energy.signals.forecast.naive import same_hours

REACH = 36
"""Lead times with a regression of their own, in hours; beyond them the profile alone holds."""
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
    """What was learned at the last midnight: a row of coefficients for each lead time."""

    scale: float
    """Standard deviation of the anomaly, by which inputs are divided."""
    weights: Values
    """Shape (REACH, inputs)."""
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
    profile = _profiles(window.reshape(-1, DAY_HOURS)).ravel()
    anomaly = window - profile
    rows = np.arange(known[0] + WARM_UP, len(window))
    scale = float(np.sqrt(np.mean(anomaly[known] ** 2)))
    if not scale > FLAT * float(np.max(np.abs(window[known]))):
        return Fit(1.0, np.zeros((REACH, LAGS + 3)), np.zeros(REACH))
    inputs = _inputs(np.stack([anomaly[rows - lag] for lag in range(LAGS)], axis=1) / scale, rows)
    weights, spread = np.empty((REACH, LAGS + 3)), np.empty(REACH)
    for lead in range(1, REACH + 1):
        now = rows[:-lead]
        days = -(-lead // DAY_HOURS)
        target = (window[now + lead] - profile[now + lead - DAY_HOURS * days]) / scale
        usable = np.isfinite(target) & np.isfinite(inputs[:-lead]).all(axis=1)
        weights[lead - 1], spread[lead - 1] = _ridge(inputs[:-lead][usable], target[usable])
    return Fit(scale, weights, scale * np.maximum.accumulate(spread))


def predict(fit: Fit, known: Past, count: int) -> tuple[Values, Values]:
    """The ``count`` hours after the present one, and the deviation of each."""
    recent = known.values
    cycle = _profiles(recent.reshape(-1, DAY_HOURS))[-1]
    anomaly = _filled(recent[-LAGS:] - cycle[-LAGS:])[::-1] / fit.scale
    hour = np.array([known.last // HOUR % DAY_HOURS])
    departure = fit.scale * (fit.weights @ _inputs(anomaly[np.newaxis], hour)[0])
    values, spread = np.resize(cycle, count), np.full(count, fit.spread[-1])
    near = min(count, REACH)
    values[:near] += departure[:near]
    spread[:near] = fit.spread[:near]
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


def _ridge(inputs: Values, target: Values) -> tuple[Values, float]:
    """Coefficients and the deviation of what they miss; nothing is learned from no rows."""
    gram = inputs.T @ inputs + RIDGE * np.eye(inputs.shape[1])
    weights = np.asarray(np.linalg.solve(gram, inputs.T @ target), dtype=np.float64)
    missed = target - inputs @ weights
    return weights, float(np.sqrt(np.mean(missed**2))) if len(missed) else 1.0


def _filled(anomalies: Values) -> Values:
    """Unknown hours take the last known anomaly before them, or none at all."""
    filled = anomalies.copy()
    before = 0.0
    for index, value in enumerate(anomalies):
        before = filled[index] = value if np.isfinite(value) else before
    return filled
