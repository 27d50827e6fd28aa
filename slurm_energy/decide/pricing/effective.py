"""From grid values to what a kWh of the machines costs: the one place where PUE comes in.

Signals tell of a kWh at the meter; jobs use kWh at the machines, of which the site draws PUE times
as many. Everything that decides (curves, thresholds, terms) sees the values made here; ledger,
metrics and ``signals`` keep the grid's.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from slurm_energy.model.series import ClusterSignals, Series

Index = NDArray[np.int64]
Values = NDArray[np.float64]


def effective(signals: ClusterSignals) -> ClusterSignals:
    """The same signals per kWh of the machines; the very same where no PUE is configured."""
    if signals.pue is None:
        return signals
    carbon, price = (_times(one, signals.pue) for one in (signals.carbon, signals.price))
    return replace(signals, carbon=carbon, price=price)


def _times(series: Series | None, pue: Series) -> Series | None:
    """A signal times PUE, as far as both are known."""
    if series is None or not series.times:
        return series
    return on_common_steps(series, pue, np.multiply)


def on_common_steps(
    one: Series, other: Series, combine: Callable[[Values, Values], Values]
) -> Series:
    """``one`` with its values combined with those of ``other``, which may step in between."""
    first, end = max(one.times[0], other.times[0]), min(one.end, other.end)
    times = np.union1d(one.times, other.times)
    times = times[(times >= first) & (times < end)]
    values = combine(_at(one, times), _at(other, times))
    return replace(
        one, times=tuple(times.tolist()), values=tuple(values.tolist()), end=end, spread=()
    )


def _at(series: Series, times: Index) -> Values:
    """The values at times that it covers."""
    held = np.searchsorted(np.asarray(series.times), times, side="right") - 1
    return np.asarray(series.values, dtype=np.float64)[held]
