"""The loopback page: metrics for Prometheus, and grid events from a gateway.

From threads of its own; the loop neither waits for one nor knows of them. Anybody on this host can
connect, so no caller may keep others out: a request has :data:`SECONDS` in all, and where too many
are open the oldest is closed, which a scrape never is.
"""

import contextlib
import io
import json
import socket
import socketserver
import sys
import threading
import time
from typing import Any

from prometheus_client import CollectorRegistry, MetricsHandler

from slurm_energy.service.gridevents import (
    LARGEST,
    NO_LENGTH,
    PATH,
    TOO_LARGE,
    TOO_SLOW,
    GridEventDesk,
    Reply,
    refusal,
)
from slurm_energy.service.metrics import Scrape

SECONDS = 5.0
"""Longest we read one request, and longest that an answer may take to go out."""
AT_ONCE = 32
"""Requests that are served at the same time."""
_DRAINED = 1024 * 1024
"""Bytes that are read of a body that is too large, so that its sender gets to see the answer."""


class LoopbackServer:
    """Serves HTTP on a loopback address between :meth:`open` and :meth:`close`."""

    def __init__(self, listen: tuple[str, int], scrape: Scrape, desk: GridEventDesk) -> None:
        self._listen = listen
        self._scrape = scrape
        self._desk = desk

    def open(self) -> None:
        """Listen. Raises ``OSError``."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self._scrape)
        self._server = _Server(self._listen, registry, self._desk)
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="loopback", daemon=True
        )
        self._thread.start()
        self.port = int(self._server.server_address[1])

    def close(self) -> None:
        """Stop listening; requests being served get their answers."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self, listen: tuple[str, int], registry: CollectorRegistry, desk: GridEventDesk
    ) -> None:
        self.registry = registry
        self.desk = desk
        self._lock = threading.Lock()
        self._open: dict[socket.socket, None] = {}
        found = socket.getaddrinfo(*listen, type=socket.SOCK_STREAM)
        self.address_family = found[0][0]
        super().__init__(listen, _Request)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            if len(self._open) >= AT_ONCE:
                oldest = next(iter(self._open))
                del self._open[oldest]
                with contextlib.suppress(OSError):
                    oldest.shutdown(socket.SHUT_RDWR)
            self._open[request] = None
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller who went away is no error of ours."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Request(MetricsHandler):
    """One request; :class:`MetricsHandler` answers those for metrics, on any other path."""

    server: _Server
    server_version = "slurm-energy"
    sys_version = ""

    def setup(self) -> None:
        super().setup()
        self.registry = self.server.registry
        until = _Until(self.connection, time.monotonic() + SECONDS)
        self.rfile = io.BufferedReader(until)

    def do_GET(self) -> None:  # noqa: N802 - http.server's name
        """Metrics, or the grid events that were posted."""
        if self._for_events():
            self._grid_event()
            return
        self.connection.settimeout(SECONDS)
        super().do_GET()

    def do_POST(self) -> None:  # noqa: N802 - http.server's name
        """Take a grid event."""
        self._grid_event()

    def do_DELETE(self) -> None:  # noqa: N802 - http.server's name
        """Take a grid event back."""
        self._grid_event()

    def _for_events(self) -> bool:
        path = self.path.partition("?")[0]
        return path == PATH or path.startswith(f"{PATH}/")

    def _grid_event(self) -> None:
        body = self._body()
        if self._for_events():
            path = self.path.partition("?")[0]
            authorization = self.headers.get("Authorization")
            reply = self.server.desk.answer(self.command, path, authorization, body)
        else:
            reply = refusal(404, "there is no such page")
        self._send(reply)

    def _body(self) -> bytes | Reply:
        """What the request carries; a refusal where that is too much or of unknown length."""
        length = self.headers.get("Content-Length", "0" if self.command != "POST" else "")
        if not (length.isascii() and length.isdecimal()) or "Transfer-Encoding" in self.headers:
            return NO_LENGTH
        size = int(length[:12])
        try:
            if size <= LARGEST:
                return self.rfile.read(size)
            self.rfile.read(min(size, _DRAINED))
        except TimeoutError:
            return TOO_SLOW
        return TOO_LARGE

    def _send(self, reply: Reply) -> None:
        content = json.dumps(reply.content, ensure_ascii=False).encode() + b"\n"
        self.connection.settimeout(SECONDS)
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class _Until(io.RawIOBase):
    """What a socket receives until a moment on the monotonic clock; ``TimeoutError`` after it."""

    def __init__(self, connection: socket.socket, end: float) -> None:
        self._connection = connection
        self._end = end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the request took too long")
        self._connection.settimeout(left)
        return self._connection.recv_into(buffer)
