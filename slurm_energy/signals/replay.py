"""A recorded signal shown again at another time, and faster."""

from bisect import bisect_right
from dataclasses import replace
from itertools import pairwise

from slurm_energy.errors import SeriesError
from slurm_energy.model.series import Series
from slurm_energy.model.timescale import TimeScale
from slurm_energy.signals.reading import Reading, SeriesSource


class Replay:
    """A source's recorded series on wall time; issued when its present step began.

    A recording has no moment of issue of its own: its age is the time since the newest value that
    would have been published by now, so it ages after its last row as a dead feed does. What is
    fixed by contract never ages.
    """

    def __init__(self, source: SeriesSource, scale: TimeScale) -> None:
        self._source = source
        self._scale = scale

    def read(self, now: int) -> Reading:
        """The recording on wall time; None where the speed leaves no second between two rows."""
        recorded = self._source.read(int(self._scale.recorded_time(now)))
        if recorded.series is None:
            return recorded
        try:
            shown = on_wall_time(recorded.series, self._scale)
        except SeriesError as error:
            return Reading(None, (*recorded.problems, str(error)))
        if shown.fixed:
            return Reading(replace(shown, issued=now), recorded.problems)
        step = max(bisect_right(shown.times, now) - 1, 0)
        return Reading(replace(shown, issued=shown.times[step]), recorded.problems)


def on_wall_time(series: Series, scale: TimeScale) -> Series:
    """The same values at the wall moments they are shown; raises SeriesError when rows collide."""
    times = tuple(round(scale.wall_time(time)) for time in series.times)
    end = round(scale.wall_time(series.end))
    if any(after <= before for before, after in pairwise((*times, end))):
        msg = (
            f"{series.source}: speed {scale.speed:g} leaves less than a second between two rows; "
            "allowed up to the seconds between rows; lower the speed"
        )
        raise SeriesError(msg)
    return replace(series, times=times, end=end, source=f"{series.source}, replayed")
