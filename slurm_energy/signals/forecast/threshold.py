"""The forecast for a signal that nothing ranks: what waiting finds by luck alone.

A planner that sees one level for all of the future waits while now is above it and runs below it:
that is the threshold rule of suspend-resume schedulers (Ecovisor, ASPLOS 2023, takes the 30th
percentile). Here the level falls with the time ahead: it is the lowest value to expect when each
day ahead is one more draw from the last week. So whoever may wait 24 h has about the 30th
percentile as threshold, and whoever must soon run asks for less.
"""

import numpy as np

from slurm_energy.model.series import Series
from slurm_energy.signals.forecast.hours import DAY_HOURS, Values, past, told

RECENT = 7 * DAY_HOURS
"""Hours from which is drawn."""


class Threshold:
    """Expected least value of the hours up to each one, had they no order; never rising."""

    name = "threshold"

    def __call__(self, history: Series, now: int, until: int) -> Series:
        """Hourly values to ``until``; a planner that minimises acts by a threshold on now."""
        known = past(history, now)
        recent = known.values[-RECENT:]
        drawn = recent if np.isfinite(recent).any() else known.values
        drawn = np.sort(drawn[np.isfinite(drawn)])
        ahead = np.arange(known.ahead(until))
        spread = np.full(len(ahead), float(np.std(drawn)))
        return told(known, now, expected_least(drawn, 1 + ahead / DAY_HOURS), spread, "a threshold")


def expected_least(drawn: Values, draws: Values) -> Values:
    """Expected least of ``draws`` (at least 1, fractions allowed) of the sorted values."""
    above = 1 - np.arange(len(drawn) + 1) / len(drawn)
    power: Values = above[np.newaxis] ** draws[:, np.newaxis]
    least: Values = -np.diff(power, axis=1) @ drawn
    return least
