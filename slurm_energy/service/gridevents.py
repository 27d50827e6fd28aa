"""The page ``/grid-event``: what a gateway may send, and what it is answered."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from slurm_energy.application import Webhook
from slurm_energy.errors import InputError, LedgerError
from slurm_energy.model.power import PostedEvent
from slurm_energy.ports import Clock

PATH = "/grid-event"
LARGEST = 16 * 1024
"""Bytes of a request's body."""
_LINE = 500
"""Characters of an error."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back: an HTTP status and an object for JSON."""

    status: int
    content: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


def refusal(status: int, told: str, **headers: str) -> Reply:
    """A reply of one line that says what is wrong."""
    line = " ".join(told.split())
    shown = line if len(line) <= _LINE else f"{line[:_LINE]}..."
    return Reply(status, {"error": shown}, {k.replace("_", "-"): v for k, v in headers.items()})


TOO_LARGE = refusal(413, f"a body of at most {LARGEST} bytes is allowed; send one event at a time")
TOO_SLOW = refusal(408, "the body did not come in time; send it in one piece")
NO_LENGTH = refusal(411, "Content-Length is missing; send the body in one piece")
_NOT_HERE = refusal(404, f"there is no such page; GET, POST {PATH}, DELETE {PATH}/ID")


class GridEventDesk:
    """Answers requests from any thread, one after the other where they change something.

    ``told`` is called with one line whenever an event came or went. Nothing here is known to the
    loop: it finds the events in the store, at its next turn.
    """

    def __init__(
        self, webhook: Callable[[], Webhook | None], clock: Clock, told: Callable[[str], None]
    ) -> None:
        self._webhook = webhook
        self._clock = clock
        self._told = told
        self._lock = threading.Lock()

    def answer(
        self, method: str, path: str, authorization: str | None, body: bytes | Reply
    ) -> Reply:
        """The reply to a request whose body was read, or could not be and says why."""
        webhook = self._webhook()
        if webhook is None:
            return _NOT_HERE
        try:
            if not webhook.bearer.admits(authorization):
                told = "Authorization: Bearer with the right token is needed"
                return refusal(401, told, WWW_Authenticate="Bearer")
        except InputError:
            return refusal(503, "we can't read our own token; slurm-energy doctor tells why")
        if isinstance(body, Reply):
            return body
        try:
            with self._lock:
                return self._admitted(webhook, method, path, body)
        except InputError as error:
            return refusal(400, str(error))
        except LedgerError as error:
            return refusal(503, f"nothing was changed: {error}")

    def _admitted(self, webhook: Webhook, method: str, path: str, body: bytes) -> Reply:
        now, name = self._clock.now(), unquote(path.removeprefix(PATH).removeprefix("/"))
        if method == "GET" and not name:
            return Reply(200, {"events": [shown(one) for one in webhook.events.listed(now)]})
        if method == "POST" and not name:
            return self._post(webhook, body, now)
        if method == "DELETE" and name:
            return self._taken_back(name, known=webhook.events.take_back(name, now))
        if method == "DELETE":
            return refusal(400, f"which event? DELETE {PATH}/ID; GET {PATH} lists them")
        return _NOT_HERE

    def _post(self, webhook: Webhook, body: bytes, now: int) -> Reply:
        name, posted, changed = webhook.events.post(_parsed(body), now)
        if posted is None:
            return self._taken_back(name, known=changed)
        if changed:
            event = posted.event
            until = datetime.fromtimestamp(event.end, UTC).isoformat()
            kilowatts = f"{event.watts / 1000:g} kW until {until}"
            self._told(f"grid event {name} for {posted.cluster}: {kilowatts}, {event.reason}")
        return Reply(201 if changed else 200, shown(posted))

    def _taken_back(self, name: str, *, known: bool) -> Reply:
        if not known:
            return refusal(404, f"no event {name:.80}; GET {PATH} lists them")
        self._told(f"grid event {name} was taken back")
        return Reply(200, {"taken_back": name})


def shown(posted: PostedEvent) -> dict[str, Any]:
    """An event as it may be posted again."""
    event = posted.event
    return {
        "id": posted.name,
        "cluster": posted.cluster,
        "start": datetime.fromtimestamp(event.start, UTC).isoformat(),
        "end": datetime.fromtimestamp(event.end, UTC).isoformat(),
        "kw": event.watts / 1000,
        "reason": event.reason,
    }


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        told = 'such as {"start": "2026-01-15T16:00+01:00", "end": "…", "kw": 250, "reason": "…"}'
        raise InputError(f"the body is not JSON; send one object {told}") from None
