"""Series joined in time: a memory of what was known, and a forecast after what is known."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import replace

from slurm_energy.model.history import Step, Topic, series_of
from slurm_energy.model.series import Series
from slurm_energy.signals.forecast.hours import DAY_HOURS, HOUR, Forecaster

KEPT = 35 * DAY_HOURS * HOUR
"""Seconds of history that are kept where a provider tells less."""


def remembered(before: Series | None, series: Series, now: int) -> Series:
    """``series`` with the history that ``before`` had and it lacks, at most five weeks back.

    A history that was counted in another way (kind) is another history, and is not joined.
    What ``before`` said of the time after its own issue was a forecast and is not kept. What
    neither tells is a gap: no value is invented for it.
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
    start, until = before.times[first], before.holds_until(last - 1)
    gaps = [gap for gap in before.gaps if start < gap[0] and gap[1] <= before.times[last - 1]]
    if until < series.times[0]:
        gaps.append((until, series.times[0]))
    return replace(
        series,
        gaps=(*gaps, *series.gaps),
        times=before.times[first:last] + series.times,
        values=before.values[first:last] + series.values,
        spread=spread,
    )


def filled(known: Series, past: Series, now: int) -> Series:
    """``known`` with what ``past`` tells of the five weeks before it and of its gaps."""
    unknown = ((now - KEPT, known.times[0]), *known.gaps)
    found = [
        Step(step.time, min(step.until, last), step.value)
        for step in _steps(past)
        for first, last in unknown
        if first <= step.time < last
    ]
    if not found:
        return known
    topic = Topic("", known.signal, known.kind)
    whole = series_of(topic, known.source, known.issued, sorted((*found, *_steps(known))))
    if not known.spread:
        return replace(known, times=whole.times, values=whole.values, gaps=whole.gaps)
    spreads = dict(zip(known.times, known.spread, strict=True))
    spread = tuple(spreads.get(time, 0.0) for time in whole.times)
    return replace(known, times=whole.times, values=whole.values, gaps=whole.gaps, spread=spread)


def _steps(series: Series) -> Iterator[Step]:
    """All of its steps."""
    for index, time in enumerate(series.times):
        yield Step(time, series.holds_until(index), series.values[index])


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
