"""Grid events that a gateway posts to us: judged at the door, kept over restarts, gone when over.

A request is a JSON object; the answer to a wrong one is one line. An event's name is the
sender's ``id``, or made of cluster and times, so that the same event sent twice is one event.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from slurm_energy.errors import LedgerError, SeriesError
from slurm_energy.model.power import GridEvent, GridEvents, Origin, PostedEvent
from slurm_energy.ports import PostedStore
from slurm_energy.signals.eventrow import grid_event

MOST = 1000
"""Events that are kept at the same time."""
_FIELDS = ("cluster", "id", "start", "end", "kw", "reason")
_ID = 64


class PostedEvents:
    """Takes events, takes them back, tells them.

    Any thread may ask; only one at a time may change something.
    """

    def __init__(self, store: PostedStore, clusters: Sequence[str]) -> None:
        self._store = store
        self._clusters = tuple(clusters)

    def post(self, request: Any, now: int) -> tuple[str, PostedEvent | None, bool]:
        """An event's name, the event or None where it was taken back, and whether that is new.

        Durable when this returns. Raises ``SeriesError`` for a wrong request, ``LedgerError``
        where it can't be kept; nothing is changed then.
        """
        fields = _known_fields(request)
        cluster = self._cluster(fields)
        if fields.get("kw") in (None, ""):
            name = _id(fields) or _made(cluster, _judged(fields | {"kw": 0}))
            return name, None, self.take_back(name, now)
        event = _judged(fields)
        if event.end <= now:
            told = f"end {fields['end']!r}: it is over; send one that ends in the future"
            raise SeriesError(told)
        posted = PostedEvent(_id(fields) or _made(cluster, event), cluster, event)
        return posted.name, posted, self._put(posted, now)

    def take_back(self, name: str, now: int) -> bool:
        """Whether there was an event of that name, which now is gone. Raises ``LedgerError``."""
        known = self.listed(now)
        left = [one for one in known if one.name != name]
        if len(left) == len(known):
            return False
        self._store.save(left)
        return True

    def listed(self, now: int) -> Sequence[PostedEvent]:
        """The events that are not over, by their start. Raises ``LedgerError``."""
        return [one for one in self._store.load() if one.event.end > now]

    def _put(self, posted: PostedEvent, now: int) -> bool:
        known = self.listed(now)
        if posted in known:
            return False
        others = [one for one in known if one.name != posted.name]
        if len(others) >= MOST:
            raise SeriesError(f"{len(others)} events are known, allowed are {MOST}; take some back")
        self._store.save(
            sorted([*others, posted], key=lambda one: (one.event.start, one.event.end, one.name))
        )
        return True

    def _cluster(self, fields: Mapping[str, Any]) -> str:
        allowed = ", ".join(self._clusters)
        if fields.get("cluster") is None:
            if len(self._clusters) != 1:
                raise SeriesError(f"cluster is missing; allowed: {allowed}; send an event for each")
            return self._clusters[0]
        if fields["cluster"] not in self._clusters:
            raise SeriesError(f"cluster {fields['cluster']!r:.80} is unknown; allowed: {allowed}")
        return str(fields["cluster"])


@dataclass(slots=True)
class PostedTo:
    """Implements :class:`~slurm_energy.ports.GridEventSource`: what was posted for one cluster.

    While the store can't be read, what it told before stands. ``problem`` tells why nobody can
    post, if so.
    """

    posted: PostedEvents
    cluster: str
    problem: Callable[[], str | None]
    _before: tuple[GridEvent, ...] = ()

    def read(self, now: int) -> GridEvents:
        """Its events that are not over, by their start."""
        try:
            known = self.posted.listed(now)
        except LedgerError as error:
            return GridEvents(self._before, (str(error),))
        self._before = tuple(one.event for one in known if one.cluster == self.cluster)
        problem = self.problem()
        return GridEvents(self._before, () if problem is None else (problem,))


def _known_fields(request: Any) -> dict[str, Any]:
    allowed = ", ".join(_FIELDS)
    if not isinstance(request, dict):
        raise SeriesError(f"expected one JSON object with {allowed}")
    for name in request:
        if name not in _FIELDS:
            raise SeriesError(f"{name!r:.80} is no field of an event; allowed: {allowed}")
    return request


def _judged(fields: Mapping[str, Any]) -> GridEvent:
    kilowatts = fields["kw"]
    if isinstance(kilowatts, bool) or not isinstance(kilowatts, int | float):
        raise SeriesError(f"kw {kilowatts!r:.80}: expected a number such as 250")
    texts = [_text(fields, name) for name in ("start", "end", "reason")]
    return grid_event(texts[0], texts[1], _float(kilowatts), texts[2], Origin.WEBHOOK)


def _float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:  # JSON's whole numbers have no end
        return inf


def _text(fields: Mapping[str, Any], name: str) -> str:
    if name in ("start", "end") and fields.get(name) is None:
        raise SeriesError(f"{name} is missing; write it such as 2026-01-15T16:00+01:00")
    found = fields.get(name, "")
    if not isinstance(found, str) or (name == "reason" and not found.isprintable()):
        raise SeriesError(f"{name} {found!r:.80}: expected a text of printable characters")
    return found


def _id(fields: Mapping[str, Any]) -> str | None:
    found = fields.get("id")
    if found is None:
        return None
    if not isinstance(found, str) or not 0 < len(found) <= _ID or not _plain(found):
        allowed = f"1 to {_ID} letters, digits, '.', '_' or '-'"
        raise SeriesError(f"id {found!r:.80}: allowed are {allowed}; leave it out and we make one")
    return found


def _plain(text: str) -> bool:
    return text.isascii() and all(letter.isalnum() or letter in "._-" for letter in text)


def _made(cluster: str, event: GridEvent) -> str:
    return f"{cluster}-{event.start}-{event.end}"
