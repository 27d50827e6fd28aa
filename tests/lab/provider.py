"""WattTime's interface, version 3, in its documented form, on the loopback of both hosts."""

import base64
import ctypes
import json
import os
import socket
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime

from lab.host import Host
from tests.signals.speaker import Asked, Says, Speaker, speaking

PORT = 9818
ADDRESS = f"http://127.0.0.1:{PORT}"
NAME = "watttime.org CAISO_NORTH"
USER = "freddo"
STEP = 300
"""Seconds between two values, as documented."""
AHEAD = 26 * 3600
DIRTY, CLEAN = 1300.0, 110.0
"""Pounds per MWh: 590 and 50 grams per kWh."""
POUND = 0.45359237


class WattTime(Speaker):
    """Dirty until ``clean``, in steps of five minutes that end there; it knows one password."""

    def __init__(self, password: str, clean: int) -> None:
        super().__init__()
        self.password = password
        self.clean = clean
        self.logins = 0
        """How often somebody came for a token, whether he got one or not."""

    def answer(self, asked: Asked) -> Says:
        """Login, measured values from ``start`` on, or a forecast; refused without a token."""
        self.asked.append(asked)
        told = asked.headers.get("Authorization", "")
        if asked.path == "/login":
            self.logins += 1
            basic = base64.b64encode(f"{USER}:{self.password}".encode()).decode()
            return Says('{"token": "jwt"}') if told == f"Basic {basic}" else _refused()
        if told != "Bearer jwt":
            return _refused()
        now = int(time.time())
        if asked.path == "/v3/historical":
            start = int(datetime.fromisoformat(asked.query["start"]).timestamp())
            return self._told(max(start, now - 2 * 3600), now, now)
        return self._told(now - STEP, now + AHEAD, now)

    def _told(self, start: int, end: int, now: int) -> Says:
        first = self.clean - (self.clean - start) // STEP * STEP
        data = [
            {"point_time": _stamp(at), "value": DIRTY if at < self.clean else CLEAN}
            for at in range(first, end, STEP)
        ]
        meta = {
            "region": "CAISO_NORTH",
            "warnings": [],
            "signal_type": "co2_moer",
            "model": {"date": "2026-03-01"},
            "units": "lbs_co2_per_mwh",
            "data_point_period_seconds": STEP,
            "generated_at": _stamp(now),
        }
        return Says(json.dumps({"data": data, "meta": meta}))


class Provider:
    """It lives and dies on both hosts' loopback at once."""

    def __init__(self, hosts: Sequence[Host], password: str, dirty: int) -> None:
        self.speaker = WattTime(password, int(time.time()) + dirty)
        self._hosts = hosts
        self._alive = ExitStack()

    def rise(self) -> None:
        """It listens on both hosts."""
        for host in self._hosts:
            self._alive.enter_context(speaking(self.speaker, _listener(host)))

    def die(self) -> None:
        """Nobody listens any more: a connection is refused."""
        self._alive.close()


def _listener(host: Host) -> socket.socket:
    """A socket that listens on the loopback of this host, and is ours.

    A thread enters the host's network namespace and ends there; the socket stays in it.
    """

    def listens() -> socket.socket:
        libc = ctypes.CDLL(None, use_errno=True)
        with host.namespace.open() as namespace:
            if libc.setns(namespace.fileno(), 0):
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        return socket.create_server(("127.0.0.1", PORT))

    with ThreadPoolExecutor(max_workers=1) as own:
        return own.submit(listens).result()


def _refused() -> Says:
    return Says('{"error": "Unauthorized"}', 401)


def _stamp(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()
