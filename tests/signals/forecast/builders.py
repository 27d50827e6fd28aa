"""Histories with a known law, so that a forecast of them can be told right from wrong."""

import math
import random
from collections.abc import Callable, Sequence

from slurm_energy.model.series import Series, Signal

HOUR = 3600
DAY = 24 * HOUR
MONDAY = 1_772_409_600  # 2026-03-02T00:00:00Z
NOW = MONDAY + 35 * DAY + 15 * HOUR + 240
"""Some minutes past 15:00 UTC, five weeks into every history here."""


def history(
    value: Callable[[int], float],
    days: float = 40,
    step: int = HOUR,
    start: int = MONDAY,
    signal: Signal = Signal.CARBON,
) -> Series:
    """``value`` by index of the step, for so many days from ``start``."""
    times = tuple(range(start, start + round(days * DAY), step))
    values = tuple(float(value(index)) for index in range(len(times)))
    return Series(signal, times, values, times[-1] + step, start, "made")


def daily(hour: int) -> float:
    """A clean noon and a dirty evening, every day the same."""
    return 300 - 120 * math.exp(-(((hour % 24) - 12.5) ** 2) / 18) + 40 * ((hour % 24) in (19, 20))


def windy(seed: int, count: int = 40 * 24) -> Sequence[float]:
    """A wind that lasts for half a day and reverts, over a weak daily cycle."""
    gusts = random.Random(seed)  # noqa: S311 - weather, not secrets
    blow, found = 0.0, []
    for hour in range(count):
        blow = 0.92 * blow + gusts.gauss(0, 30)
        found.append(max(20.0, 300 + blow + 20 * math.sin(2 * math.pi * hour / 24)))
    return found


def cut(series: Series, now: int) -> Series:
    """What was known at ``now``: the steps that had begun, to the end of the last."""
    known = [time for time in series.times if time <= now]
    end = series.times[len(known)] if len(known) < len(series.times) else series.end
    return Series(series.signal, tuple(known), series.values[: len(known)], end, now, series.source)
