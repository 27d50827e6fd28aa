"""The query socket: one line in, one line out, the caller known by the kernel's word.

Threads, not the loop: the loop may sit in a Slurm call that hangs, and the answers need nothing
but the last complete turn, which nobody changes any more. A thread shares it without a copy, where
a process would need the whole turn sent to it every time.
"""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from pathlib import Path

LINE_BYTES = 4096
"""Longest request."""
SECONDS = 5.0
"""Longest we wait for a request, or for an answer to be taken."""
AT_ONCE = 16
"""Callers served at the same time; others wait in the socket's queue."""
_UCRED = struct.Struct("iII")

Answerer = Callable[[bytes, int], bytes]
"""From a request line and a uid to an answer line."""


class QueryServer:
    """Serves a Unix socket from threads of its own between :meth:`open` and :meth:`close`."""

    def __init__(self, path: Path, answer: Answerer) -> None:
        self._path = path
        self._answer = answer
        self._slots = threading.BoundedSemaphore(AT_ONCE)
        self._closing = False

    def open(self) -> None:
        """Listen, replacing a socket that a dead daemon left. Raises ``OSError``."""
        self._path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        self._listener.bind(str(self._path))
        self._inode = self._path.stat().st_ino
        # Everybody may ask; what he is told depends on who the kernel says he is.
        self._path.chmod(0o666)
        self._listener.listen(64)
        threading.Thread(target=self._accept, name="query", daemon=True).start()

    def close(self) -> None:
        """Stop listening and remove the socket; callers being served get their answers."""
        self._closing = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with contextlib.suppress(FileNotFoundError):
            # A successor may have bound the same path already.
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()

    def _accept(self) -> None:
        while True:
            self._slots.acquire()
            try:
                connection, _ = self._listener.accept()
            except OSError:
                self._slots.release()
                if self._closing:
                    return
                continue
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, contextlib.suppress(OSError):
                connection.settimeout(SECONDS)
                uid = peer_uid(connection)
                line = _read_line(connection)
                if line:
                    connection.sendall(self._answer(line, uid))
        finally:
            self._slots.release()


def peer_uid(connection: socket.socket) -> int:
    """The uid of the process that connected, from the kernel."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    _, uid, _ = _UCRED.unpack(raw)
    return int(uid)


def _read_line(connection: socket.socket) -> bytes:
    """The request up to its line end; cut off where it is too long, which no parser accepts."""
    line = bytearray()
    while b"\n" not in line and len(line) <= LINE_BYTES:
        part = connection.recv(LINE_BYTES)
        if not part:
            break
        line += part
    return bytes(line.partition(b"\n")[0][: LINE_BYTES + 1])
