"""Series joined in time: a memory of what was known, and a forecast after what is known."""

from bisect import bisect_left, bisect_right
from dataclasses import replace

from slurm_energy.model.series import Series
from slurm_energy.signals.forecast.hours import DAY_HOURS, HOUR, Forecaster

KEPT = 35 * DAY_HOURS * HOUR
"""Seconds of history that are kept where a provider tells less."""


def remembered(before: Series | None, series: Series, now: int) -> Series:
    """``series`` with the history that ``before`` had and it lacks, at most five weeks back.

    A history that was counted in another way (kind) is another history, and is not joined.
    What ``before`` said of the time after its own issue was a forecast and is not kept; a gap
    between the two is bridged by its last value.
    """
    if before is None or before.kind is not series.kind or before.times[0] >= series.times[0]:
        return series
    first = bisect_left(before.times, now - KEPT)
    last = min(
        bisect_left(before.times, series.times[0]), bisect_right(before.times, before.issued)
    )
    if first >= last:
        return series
    spread = (0.0,) * (last - first) + series.spread if series.spread else ()
    return replace(
        series,
        times=before.times[first:last] + series.times,
        values=before.values[first:last] + series.values,
        spread=spread,
    )


def continued(known: Series, forecaster: Forecaster, until: int) -> Series:
    """``known`` to its end, then the forecast from its last hour; it is not changed before.

    Raises ``SeriesError`` where the forecaster has nothing to learn from.
    """
    if known.end >= until:
        return known
    return joined(known, forecaster(known, known.end - 1, until), known.end)


def joined(known: Series, forecast: Series, at: int) -> Series:
    """``known`` before ``at``, ``forecast`` from then on; ``source`` is the forecast's."""
    kept = bisect_left(known.times, at)
    first = bisect_right(forecast.times, at) - 1
    times = (at, *forecast.times[first + 1 :])
    spread = known.spread[:kept] or (0.0,) * kept
    return replace(
        known,
        times=known.times[:kept] + times,
        values=known.values[:kept] + forecast.values[first:],
        end=forecast.end,
        spread=spread + forecast.spread[first:],
        source=forecast.source,
    )
