"""The demand charge: what it costs to draw more than in the month so far, as a price of energy.

A charge C per kW of the month's highest draw is a limit at the peak so far that may be bought
through: minimise C times the excess subject to load(t) at most peak + excess. In the dual each
slot's limit gets a price p(t) per kWh, and over the slots that bind, the price of one kW drawn
through them sums to C, never more. So the charge enters as a ceiling: a job that adds a kW through
all slots above the peak pays C once, a job beside them pays nothing. We share C out among those
slots in proportion to their excess, which pushes load out of the highest first.
"""

from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from slurm_energy.model.power import Peak, PowerLimit

Values = NDArray[np.float64]


def peak_price(load: Values, threshold: float, charge: float, slot: int) -> Values:
    """The price per kWh that the demand charge adds in each slot; shape (slots,).

    ``load`` is the expected draw in W by slot, ``threshold`` the watts that are drawn anyway
    (:func:`free_watts`), ``charge`` per kW, ``slot`` in seconds. All zero where nothing exceeds.
    """
    excess = np.maximum(load - threshold, 0.0)
    total = float(excess.sum())
    if total <= 0:
        return np.zeros_like(excess)
    return np.asarray(charge * excess / total / (slot / 3600), dtype=np.float64)


def free_watts(limit: PowerLimit, peak: Peak | None, now: int) -> float:
    """Watts that may be drawn without raising this month's highest draw."""
    if peak is None or peak.month != month(now):
        return limit.usual_peak
    return max(limit.usual_peak, peak.watts)


def raised(peak: Peak | None, watts: float, now: int) -> Peak:
    """The month's highest draw, after ``watts`` are drawn at ``now``; a new month begins anew."""
    current = month(now)
    if peak is None or peak.month != current:
        return Peak(current, watts)
    return Peak(current, max(peak.watts, watts))


def month(now: int) -> int:
    """The calendar month (UTC) of a time, as months since year 0."""
    moment = datetime.fromtimestamp(now, UTC)
    return 12 * moment.year + moment.month - 1
