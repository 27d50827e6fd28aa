"""A memory for the signals: what is measured goes to the ledger, and is known after a restart."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice

from slurm_energy.errors import LedgerError
from slurm_energy.model.history import Measured, Step, Topic, ended
from slurm_energy.model.series import ClusterSignals, Series
from slurm_energy.ports import SignalHistory, SignalSource
from slurm_energy.signals.forecast.splice import KEPT, filled, remembered

AGAIN = 3600
"""Seconds between two questions to the ledger: meanwhile somebody may have imported history."""
MOST = 2_000
"""Values that are sent at once; a new provider's weeks go in over several turns."""


class Chronicle:
    """Implements :class:`~slurm_energy.ports.SignalSource` over another one, with its past.

    Each series begins up to five weeks back, as far as it was told or stands in the ledger; what
    neither knows is a gap. A price by contract needs no memory. Called as a chore it brings to the
    ledger what is new there.
    """

    def __init__(self, source: SignalSource, history: SignalHistory) -> None:
        self._source = source
        self._history = history
        self._told: dict[Topic, Series] = {}
        self._known: dict[Topic, Series] = {}
        self._asked: dict[Topic, int] = {}
        self._written: dict[tuple[Topic, str], dict[int, Step]] = {}
        self._done: dict[Topic, Series] = {}

    def read(self, now: int) -> Mapping[str, ClusterSignals]:
        """By cluster, with the past; without the ledger as far back as was told since we began."""
        return {
            cluster: replace(
                signals,
                carbon=self._with_past(cluster, signals.carbon, now),
                price=self._with_past(cluster, signals.price, now),
            )
            for cluster, signals in self._source.read(now).items()
        }

    def __call__(self, now: int) -> list[str]:
        """Append what is new; problems, one line each. What failed is sent again."""
        pieces: list[Measured] = []
        room = MOST
        for topic, series in self._told.items():
            if self._done.get(topic) is not series and room > 0:
                steps = list(islice(self._new(topic, series, now), room))
                pieces.append(Measured(topic, series.source, series.issued, steps))
                room -= len(steps)
        try:
            self._history.record(pieces)
        except LedgerError as error:
            return [f"what was measured of the signals is not in the ledger yet: {error}"]
        for piece in pieces:
            self._note(piece, now)
            if room > 0:
                self._done[piece.topic] = self._told[piece.topic]
        return []

    def _with_past(self, cluster: str, series: Series | None, now: int) -> Series | None:
        if series is None or not series.times or series.fixed:
            return series
        topic = Topic(cluster, series.signal, series.kind)
        self._told[topic] = series
        known = remembered(self._known.get(topic), series, now)
        past = self._recorded(topic, known, now)
        self._known[topic] = known if past is None else filled(known, past, now)
        return self._known[topic]

    def _recorded(self, topic: Topic, known: Series, now: int) -> Series | None:
        """What the ledger has, now and then, where that could tell something new."""
        due = self._asked.get(topic, 0)
        if now < due <= now + AGAIN or (known.times[0] <= now - KEPT and not known.gaps):
            return None
        try:
            past = self._history.read(topic, now - KEPT, now)
        except LedgerError:
            return None
        self._asked[topic] = now + AGAIN
        return past

    def _new(self, topic: Topic, series: Series, now: int) -> Iterator[Step]:
        written = self._written.get((topic, series.source), {})
        return (step for step in ended(series, now - KEPT, now) if written.get(step.time) != step)

    def _note(self, piece: Measured, now: int) -> None:
        """What is in the ledger now, as far back as it could be told again."""
        before = self._written.get((piece.topic, piece.source), {})
        kept = {time: step for time, step in before.items() if time >= now - KEPT}
        kept.update((step.time, step) for step in piece.steps)
        self._written[piece.topic, piece.source] = kept
