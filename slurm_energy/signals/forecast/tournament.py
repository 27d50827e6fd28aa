"""All forecasters of one signal as one: whichever has told best when to run speaks."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from slurm_energy.model.series import Forecast, Record, Series
from slurm_energy.ports import ScoreStore
from slurm_energy.signals.forecast.hours import DAY_HOURS, HOUR, Forecaster
from slurm_energy.signals.forecast.learned import Learned
from slurm_energy.signals.forecast.naive import week, yesterday
from slurm_energy.signals.forecast.quality import Choice, Quality
from slurm_energy.signals.forecast.splice import continued, joined
from slurm_energy.signals.forecast.threshold import Threshold

REHEARSED = 8 * DAY_HOURS
"""Hours of history on which our own forecasters are tried before the first choice."""
PROVIDER = "provider"


def own_forecasters() -> tuple[Forecaster, ...]:
    """Ours, the one to trust without evidence first."""
    return (Learned(), week(), yesterday())


class Tournament:
    """A forecaster, and a completer, for one signal of one cluster.

    Keeps the record of every source, also in ``store`` once an hour. On its first call it goes on
    from there and rehearses what it missed: it goes through the last days of the history as if they
    were new.
    """

    name = "tournament"

    def __init__(
        self, forecasters: Sequence[Forecaster] = (), store: ScoreStore | None = None
    ) -> None:
        self._forecasters = tuple(forecasters) or own_forecasters()
        self._names = [one.name for one in self._forecasters]
        self._threshold = Threshold()
        self._store = store
        self._judged: int | None = None
        self.quality = Quality()

    def __call__(self, history: Series, now: int, until: int) -> Series:
        """Hourly values to ``until`` from the best of ours; ``forecast`` says which and why."""
        self._judge(history, None, now)
        choice = self.quality.choose(self._names)
        found = _because(self._chosen(choice)(history, now, until), choice)
        return replace(found, forecast=self._told(history, choice, now))

    def complete(self, known: Series, now: int, until: int) -> Series:
        """``known`` up to now, then the best of its own forecast and ours, to ``until``.

        A provider that tells less than a day ahead can't be compared: it stands to its end.
        Raises ``SeriesError`` where nothing is known of the last weeks.
        """
        told = known.end >= now + DAY_HOURS * HOUR
        self._judge(known, known if told else None, now)
        ours = self.quality.choose(self._names)
        best = self.quality.choose([PROVIDER, *self._names]) if told else None
        if best is None or best.source == PROVIDER:
            if known.end >= until:
                return known
            found = _because(continued(known, self._chosen(ours), until), ours)
            return replace(found, forecast=self._told(known, ours, known.end))
        present = now - now % HOUR + HOUR
        found = _because(joined(known, self._chosen(best)(known, now, until), present), best)
        return replace(found, forecast=self._told(known, best, present))

    def records(self) -> Sequence[Record]:
        """Everyone who was judged, the provider first."""
        standings = (self.quality.standing(name) for name in (PROVIDER, *self._names))
        return [
            Record(one.source, one.rank, one.mean_error, one.days) for one in standings if one.days
        ]

    def _told(self, known: Series, choice: Choice, since: int) -> Forecast:
        """Who speaks from ``since`` on, and his record."""
        name = choice.source or self._threshold.name
        standing = self.quality.standing(name)
        return Forecast(
            provider=known.source,
            name=name,
            since=since,
            rank=standing.rank,
            error=standing.mean_error,
            days=standing.days,
            reason=choice.reason,
        )

    def _chosen(self, choice: Choice) -> Forecaster:
        by_name = dict(zip(self._names, self._forecasters, strict=True))
        return self._threshold if choice.source is None else by_name[choice.source]

    def _judge(self, history: Series, provided: Series | None, now: int) -> None:
        """Once an hour: score what became known, note what all say now; at first, rehearse."""
        hour = now - now % HOUR
        if self._judged is None:
            self._rehearse(history, hour)
        if self._judged != hour:
            self._note(history, provided, now)
            self._judged = hour
            self._keep()

    def _rehearse(self, history: Series, hour: int) -> None:
        """Go on from what was kept, through the hours since then that the history knows."""
        kept = self._store.load() if self._store is not None else None
        if kept is not None and kept.judged <= hour:
            self.quality, self._judged = Quality(kept), kept.judged
        if history.times:
            first = max(hour - HOUR * REHEARSED, history.times[0] + HOUR * DAY_HOURS)
            first = max(first - first % HOUR, (self._judged or 0) + HOUR)
            for then in range(first, hour, HOUR):
                if history.at(then) is not None:
                    self._note(history, None, then)

    def _keep(self) -> None:
        """A full disk costs what was learned at the next restart, and no forecast now."""
        if self._store is not None and self._judged is not None:
            with suppress(OSError):
                self._store.save(self.quality.kept(self._judged))

    def _note(self, history: Series, provided: Series | None, now: int) -> None:
        self.quality.score(history, now)
        for one in self._forecasters:
            self.quality.note(one.name, one(history, now, now + HOUR * DAY_HOURS), now)
        if provided is not None:
            self.quality.note(PROVIDER, provided, now)


def _because(told: Series, choice: Choice) -> Series:
    return replace(told, source=f"{told.source} ({choice.reason})")
