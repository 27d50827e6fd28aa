"""One effective price curve per cluster and class: what a slot of running costs, and when.

Signals are normalised (standard deviations from the mean of all that is known of the series), so
carbon and price add up, and a class's weights mean the same on every grid.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slurm_energy.decide.pricing.effective import effective, on_common_steps
from slurm_energy.model.contract import Sensitivity, WorkloadClass
from slurm_energy.model.policy import ClassPolicy, Policy
from slurm_energy.model.rates import MachinePrice, Rates
from slurm_energy.model.series import ClusterSignals, Series

Values = NDArray[np.float64]

_NORMALISATION_WINDOW = 28 * 86400
"""Mean and deviation are taken over this much past, and over all the known future."""

_LEAST_SPREAD = 0.01
"""A series that varies by less than this share of its mean counts as flat in proportion: nobody
waits for a hundredth of a gram, let alone for a rounding error."""

Line = tuple[str, WorkloadClass, Sensitivity]
"""Whose prices a job pays: cluster, class, sensitivity."""


@dataclass(frozen=True, slots=True)
class MachineCurve:
    """Slot means of what one more hour costs, beside its energy."""

    gpu_hour: Values
    cpu_hour: Values
    rates: Rates


@dataclass(frozen=True, slots=True)
class Curve:
    """Price of running in each slot, in standard deviations; slot 0 holds ``start``'s present."""

    start: int
    """Seconds since the epoch, a multiple of ``slot``: curves agree from cycle to cycle."""
    slot: int
    values: Values
    """Shape (slots,). Only slots the signals cover."""
    carbon: Values | None = None
    """The slots' mean carbon intensity, gCO2eq/kWh; for the terms of a decision."""
    price: Values | None = None
    """The slots' mean price per MWh."""
    pue: Values | None = None
    """The slots' mean PUE, which carbon and price have in them; None: the site names none."""
    machines: Mapping[str, MachineCurve] = field(default_factory=dict)
    """What an hour of the machines costs beside their energy, by partition as in
    :class:`~slurm_energy.model.rates.MachinePrice`; it is in ``values``, not in ``price``."""
    level: float = 0.0
    """What an hour of mean price costs, in standard deviations: mean over deviation, weighed."""
    per_mwh: float = 0.0
    """Standard deviations that one more unit of money per MWh adds; 0: no price is weighed."""

    def slot_of(self, time: int) -> int:
        """Index of the slot that holds ``time`` (may lie outside the curve)."""
        return (time - self.start) // self.slot

    def at(self, time: int) -> float | None:
        """Price at ``time``, or None outside the curve."""
        return _mean(self.values, self.slot_of(time), self.slot_of(time) + 1)

    def mean_signals(self, start: int, seconds: int) -> tuple[float | None, float | None]:
        """Mean carbon intensity and price of a run; None where nothing is known of it."""
        return self.mean(self.carbon, start, seconds), self.mean(self.price, start, seconds)

    def mean(self, column: Values | None, start: int, seconds: int) -> float | None:
        """Mean of one of the curve's columns over a run; None where nothing is known of it."""
        first = self.slot_of(start)
        return _mean(column, first, first + max(1, -(-seconds // self.slot)))


def _mean(values: Values | None, first: int, after: int) -> float | None:
    if values is None or first < 0 or after > len(values):
        return None
    return float(np.mean(values[first:after]))


def curves(
    signals: ClusterSignals, policy: Policy, now: int, hours: MachinePrice | None = None
) -> Mapping[WorkloadClass, Curve | None]:
    """The curve of each class on one cluster; None where a signal it weighs is missing.

    ``hours`` is what the machines cost beside their energy: it counts as price.
    """
    grid = _grid(policy, now)
    pue = _means(signals.pue, grid, policy.slot)
    signals = effective(signals)
    carbon = _means(signals.carbon, grid, policy.slot)
    price = _means(signals.price, grid, policy.slot)
    paid = _paid(signals.price, hours)
    parts = (
        _normalised(signals.carbon, carbon, now),
        _normalised(paid, _means(paid, grid, policy.slot), now),
    )
    levels = (_level(signals.carbon, now), _level(paid, now))
    told = _Told(carbon, price, pue, _machines(hours, grid, policy.slot))
    blended = {
        workload_class: _blend(parts, levels, told, weights, int(grid[0]), policy.slot)
        for workload_class, weights in policy.classes.items()
    }
    unit = _per_mwh(paid, now)
    return {
        name: None if curve is None else replace(curve, per_mwh=policy.classes[name].price * unit)
        for name, curve in blended.items()
    }


class _Told(NamedTuple):
    """What a curve tells beside its values."""

    carbon: Values | None
    price: Values | None
    pue: Values | None
    machines: Mapping[str, MachineCurve]


def _paid(price: Series | None, hours: MachinePrice | None) -> Series | None:
    """All that is paid per MWh of the machines."""
    if price is None or not price.times or hours is None:
        return price
    return on_common_steps(price, hours.per_mwh, np.add)


def _machines(
    price: MachinePrice | None, grid: NDArray[np.int64], slot: int
) -> Mapping[str, MachineCurve]:
    found = {}
    for name, hours in ({} if price is None else price.hours).items():
        gpu_hour, cpu_hour = (_means(one, grid, slot) for one in (hours.gpu_hour, hours.cpu_hour))
        if gpu_hour is not None and cpu_hour is not None:
            found[name] = MachineCurve(gpu_hour, cpu_hour, hours.rates)
    return found


def _grid(policy: Policy, now: int) -> NDArray[np.int64]:
    """Slot starts from the slot that holds ``now``, to the horizon and one more such stretch.

    A run that starts at the horizon still has to be priced to its end.
    """
    first = now - now % policy.slot
    count = 2 * (policy.horizon // policy.slot) + 1
    return first + policy.slot * np.arange(count, dtype=np.int64)


def _means(series: Series | None, grid: NDArray[np.int64], slot: int) -> Values | None:
    """The series on the grid, cut where it ends; None if it says nothing about now.

    A slot takes the mean over its length, so a grain coarser than the signal loses nothing.
    """
    if series is None or not series.times:
        return None
    covered = grid[(grid + slot > series.times[0]) & (grid < series.end)]
    if len(covered) == 0 or covered[0] != grid[0]:
        return None
    return _slot_means(series, covered, slot)


def _normalised(series: Series | None, means: Values | None, now: int) -> Values | None:
    """Slot means in standard deviations from the series' mean; all zero for a constant."""
    if series is None or means is None:
        return None
    mean, deviation = _spread(series, now)
    return (means - mean) / deviation if deviation > 0 else np.zeros_like(means)


def _level(series: Series | None, now: int) -> float:
    """The series' mean in standard deviations; 0 where nothing varies."""
    if series is None or not series.times:
        return 0.0
    mean, deviation = _spread(series, now)
    return abs(mean) / deviation if deviation > 0 else 0.0


def _per_mwh(price: Series | None, now: int) -> float:
    """One over the price's deviation; 0 where there is none."""
    if price is None or not price.times:
        return 0.0
    _, deviation = _spread(price, now)
    return 1 / deviation if deviation > 0 else 0.0


def _slot_means(series: Series, starts: NDArray[np.int64], slot: int) -> Values:
    """Time-weighted mean of a piecewise-constant series over each slot, within what it covers.

    Slots in which the same happens have the same mean to the last bit: rounding alone never makes
    a later slot the cheaper one, and moves no begin time from turn to turn.
    """
    times = np.asarray(series.times, dtype=np.int64)
    values = np.asarray(series.values, dtype=np.float64)
    low = np.clip(starts, times[0], series.end)
    high = min(int(starts[-1]) + slot, series.end)
    cuts = np.union1d(low, times[(times > low[0]) & (times < high)])
    held = values[np.searchsorted(times, cuts, side="right") - 1]
    lengths = np.diff(np.append(cuts, high))
    first = np.searchsorted(cuts, low)
    # Each slot is summed from its own first value on: where nothing changes, that value stands.
    whole = np.diff(np.append(first, len(cuts)))
    base = held[first]
    more = np.add.reduceat((held - np.repeat(base, whole)) * lengths, first)
    return np.asarray(base + more / np.add.reduceat(lengths, first), dtype=np.float64)


def _spread(series: Series, now: int) -> tuple[float, float]:
    """Time-weighted mean and deviation over the trailing window and the future.

    The deviation is never below a share of the mean; 0 only where all is 0.
    """
    times = np.asarray(series.times, dtype=np.float64)
    lengths = np.diff(np.append(times, float(series.end)))
    for first, _ in series.gaps:
        index = np.searchsorted(times, first, side="right") - 1
        lengths[index] = first - times[index]
    recent = times + lengths > now - _NORMALISATION_WINDOW
    values, weights = np.asarray(series.values, dtype=np.float64)[recent], lengths[recent]
    # From the first value on: of a flat series that is the mean itself, without rounding.
    mean = float(values[0] + np.average(values - values[0], weights=weights))
    deviation = float(np.sqrt(np.average((values - mean) ** 2, weights=weights)))
    return mean, max(deviation, _LEAST_SPREAD * abs(mean))


def _blend(
    parts: tuple[Values | None, Values | None],
    levels: tuple[float, float],
    told: _Told,
    weights: ClassPolicy,
    start: int,
    slot: int,
) -> Curve | None:
    """Weighted sum over the slots that every weighed signal covers."""
    weighed = []
    for weight, values in zip((weights.carbon, weights.price), parts, strict=True):
        if weight == 0:
            continue
        if values is None:
            return None
        weighed.append(weight * values)
    length = min((len(part) for part in weighed), default=0)
    total = np.sum([part[:length] for part in weighed], axis=0) if weighed else np.zeros(0)
    level = weights.carbon * levels[0] + weights.price * levels[1]
    return Curve(start, slot, total, *told, level)
