"""HTTP as providers need it: bounded in time and size, conditional, every failure in one line.

A message names the host and the path, never the query or a header: tokens travel there.
"""

import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from slurm_energy.errors import ProviderError, ProviderRefused, SeriesError

DEADLINE = 60.0
"""Seconds a whole answer may take: a slow drip ends here."""
LARGEST = 16 * 1024 * 1024
"""Bytes of one answer."""
_QUIET = httpx.Timeout(20.0)
"""Seconds without a byte."""
_SHOWN = 80
_KEPT = 8
"""Answers that are kept to be asked for with a condition, the newest: some paths name a time."""

Shape = TypeVar("Shape", bound=BaseModel)

# They log whole addresses, queries and all, at INFO.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class _Seen(NamedTuple):
    """An answer that may be asked for again with a condition."""

    address: httpx.URL
    conditions: Mapping[str, str]
    content: bytes


class Web:
    """One provider's door to the network; not for two threads at once.

    ``base`` is the address without a slash at its end, such as ``https://api.example.org/v3``.
    """

    def __init__(self, name: str, base: str, deadline: float = DEADLINE) -> None:
        self._name = name
        self._base = base
        self._deadline = deadline
        self._seen: dict[str, _Seen] = {}
        self.clock_ahead: int | None = None
        """Seconds that the provider's clock was ahead of ours at its last answer."""

    def json(
        self,
        shape: type[Shape],
        path: str,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> Shape:
        """The answer in ``shape``, its documented form.

        ``SeriesError`` names the first field that is not in that form. Raises ``ProviderError``
        for no answer, ``ProviderRefused`` for 401, 403 and 404.
        """
        content = self.content(path, query, headers, auth)
        try:
            return shape.model_validate_json(content)
        except ValidationError as error:
            raise SeriesError(_fault(error, content)) from None

    def content(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> bytes:
        """The answer's body; the one before where nothing has changed. Raises as :meth:`json`."""
        address = httpx.URL(f"{self._base}{path}", params=dict(query or {}))
        seen = self._seen.get(path)
        if seen and seen.address != address:
            seen = None
        wanted = {**(headers or {}), **(seen.conditions if seen else {})}
        try:
            with (
                httpx.Client(timeout=_QUIET) as client,
                client.stream("GET", address, headers=wanted, auth=auth) as answer,
            ):
                self.clock_ahead = clock_ahead(answer.headers)
                if answer.status_code == httpx.codes.NOT_MODIFIED and seen:
                    return seen.content
                self._judge(answer, path)
                content = self._read(answer, path)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise ProviderError(self._line(path, _words(error))) from None
        self._remember(path, _Seen(address, _conditions(answer.headers), content))
        return content

    def _read(self, answer: httpx.Response, path: str) -> bytes:
        """The body, within the deadline and the size."""
        until = time.monotonic() + self._deadline
        content = bytearray()
        for chunk in answer.iter_bytes():
            content += chunk
            if len(content) > LARGEST:
                raise ProviderError(self._line(path, f"more than {LARGEST} bytes"))
            if time.monotonic() > until:
                told = f"{len(content)} bytes in {self._deadline:g} s, and no end"
                raise ProviderError(self._line(path, told))
        return bytes(content)

    def _judge(self, answer: httpx.Response, path: str) -> None:
        if answer.is_success:
            return
        status = answer.status_code
        told = f"HTTP {status} {answer.reason_phrase}".rstrip()
        line = self._line(path, f"{told}{_cures.get(status) or _hints.get(status, '')}")
        if status in _cures:
            raise ProviderRefused(line)
        raise ProviderError(line, _retry_after(answer.headers.get("Retry-After", "")))

    def _remember(self, path: str, seen: _Seen) -> None:
        self._seen.pop(path, None)
        if seen.conditions:
            self._seen[path] = seen
        if len(self._seen) > _KEPT:
            del self._seen[next(iter(self._seen))]

    def _line(self, path: str, told: str) -> str:
        host = httpx.URL(self._base).host
        return f"{self._name}: {host}{path}: {told}"


_cures = {
    401: "; the token is wrong or has expired: renew it",
    403: "; the token's plan does not include this: ask the provider",
    404: "; no such zone or address: check the zone's name",
}
_MISUNDERSTOOD = "; the question was not understood: check the zone's name"
_hints = {400: _MISUNDERSTOOD, 422: _MISUNDERSTOOD}
"""What may help where asking again may help, too."""


def _conditions(headers: httpx.Headers) -> Mapping[str, str]:
    """What to ask with next time: only what has changed since (RFC 9110, 13.1)."""
    answers = (("ETag", "If-None-Match"), ("Last-Modified", "If-Modified-Since"))
    return {condition: headers[name] for name, condition in answers if name in headers}


def _words(error: Exception) -> str:
    """What happened on the way, without any address."""
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    kind = type(error).__name__
    if isinstance(error, httpx.ConnectError):
        return f"no connection ({kind}); is the network there?"
    return f"the answer broke off ({kind})"


def clock_ahead(headers: httpx.Headers) -> int | None:
    """Seconds by ``Date``, and ``Age`` where a cache answered (RFC 9110, 6.6.1; 9111, 5.1)."""
    try:
        moment = parsedate_to_datetime(headers.get("Date", ""))
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    age = headers.get("Age", "")
    cached = int(age) if age.isascii() and age.isdecimal() else 0
    return round((moment - datetime.now(UTC)).total_seconds()) + cached


def _retry_after(value: str) -> int | None:
    """Seconds to wait: RFC 9110 allows a number and a date."""
    if value.isascii() and value.isdecimal():
        return int(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0, round((moment - datetime.now(UTC)).total_seconds()))


def _fault(error: ValidationError, content: bytes) -> str:
    """The first field that is not as documented, and its value; HTML is named as such."""
    if content.lstrip()[:1] == b"<":
        return "HTML instead of JSON; a proxy or a sign-in page stands between"
    fault = error.errors(include_url=False, include_context=False)[0]
    field = ".".join(map(str, fault["loc"])) or "answer"
    value = repr(fault["input"])
    if fault["type"] == "json_invalid":
        return f"no whole JSON document: {fault['msg']}"
    if fault["type"] == "missing":
        return f"{field} is missing; the provider changed its form?"
    return f"{field} {value[:_SHOWN]}: {fault['msg']}"
