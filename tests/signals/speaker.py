"""A local HTTP server that says what it is told to say: a provider's documented answers."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from threading import Thread
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Says:
    """One answer; with ``drip`` a byte each so many seconds, ``cut`` ends the line half-way."""

    body: str | bytes = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    drip: float = 0.0
    cut: bool = False

    @property
    def content(self) -> bytes:
        return self.body.encode() if isinstance(self.body, str) else self.body


@dataclass(frozen=True)
class Asked:
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


class Speaker:
    """Answers by path; of a list, one after the other, the last again and again."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._answers: dict[str, list[Says]] = {}
        self.address = ""

    def says(self, path: str, *answers: Says) -> None:
        """What is said of ``path`` from now on; ``/a/*`` stands for all that begin so."""
        self._answers[path] = list(answers)

    def answer(self, asked: Asked) -> Says:
        self.asked.append(asked)
        found = self._answers.get(asked.path) or next(
            (
                answers
                for path, answers in self._answers.items()
                if path.endswith("*") and asked.path.startswith(path[:-1])
            ),
            [Says("nothing here", 404)],
        )
        return found.pop(0) if len(found) > 1 else found[0]


@contextmanager
def speaking(speaker: Speaker | None = None, listener: socket | None = None) -> Iterator[Speaker]:
    """A server on a free loopback port; ``speaker.address`` is where it listens.

    ``listener`` listens already, perhaps in another network namespace; it is closed at the end.
    """
    heard = speaker or Speaker()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            asked = Asked(parts.path, dict(parse_qsl(parts.query)), dict(self.headers))
            _say(self, heard.answer(asked))

        do_POST = do_GET  # noqa: N815 - the standard library's name

        def log_message(self, *_: object) -> None:
            """A test's server is quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=listener is None)
    if listener is not None:
        server.socket.close()
        server.socket = listener
        server.server_address = listener.getsockname()
    heard.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _say(handler: BaseHTTPRequestHandler, says: Says) -> None:
    handler.send_response(says.status)
    for name, value in says.headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(says.content)))
    handler.end_headers()
    content = says.content[: len(says.content) // 2] if says.cut else says.content
    try:
        if not says.drip:
            handler.wfile.write(content)
        for byte in content if says.drip else b"":
            time.sleep(says.drip)
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
    except OSError:
        return
    if says.cut:
        handler.close_connection = True
