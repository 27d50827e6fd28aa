"""Several sources of one signal in order of preference: the first that can be trusted now."""

from collections.abc import Callable, Sequence

from slurm_energy.model.series import Kind, Series
from slurm_energy.signals.reading import Reading, SeriesSource

Distrust = Callable[[Series, int], str | None]
"""Why a series can't be used at a moment, in one line; None when it can."""


class Preferred:
    """The first source with a usable series; those before it tell why they were passed over.

    ``kind`` is that of the first source: a carbon intensity that is counted otherwise is refused,
    since a switch between average and marginal would look like a change of the weather.
    """

    def __init__(
        self, sources: Sequence[SeriesSource], kind: Kind | None, distrust: Distrust
    ) -> None:
        self._sources = sources
        self._kind = kind
        self._distrust = distrust

    def read(self, now: int) -> Reading:
        """All are read, so that each keeps itself ready; the first usable is told."""
        passed: list[str] = []
        chosen: Reading | None = None
        for source in self._sources:
            reading = source.read(now)
            doubt = self._doubt(reading.series, now)
            if chosen is None and reading.series is not None and doubt is None:
                chosen = reading
            elif chosen is None:
                passed += [*reading.problems, *([doubt] if doubt else [])]
        if chosen is None or chosen.series is None:
            return Reading(None, tuple(passed))
        instead = (f"{chosen.series.source} is used instead",) if passed else ()
        return Reading(chosen.series, (*passed, *instead, *chosen.problems))

    def _doubt(self, series: Series | None, now: int) -> str | None:
        """Why a series can't be told; None when it can, or when there is none."""
        if series is None:
            return None
        if series.kind is not self._kind:
            kinds = f"{series.kind or 'not told'}, the first source is {self._kind or 'not told'}"
            return f"{series.source}: kind {kinds}; kinds are never mixed, it is not used"
        return self._distrust(series, now)
