"""What systemd is told: sd_notify's datagrams, spoken without a library."""

import socket
import time
from collections.abc import Mapping

MICRO = 1_000_000


class Notifier:
    """Sends datagrams to systemd; says nothing where nobody listens.

    ``address``: NOTIFY_SOCKET, a path or an abstract name after ``@``; None outside systemd.
    ``watchdog``: seconds after which systemd takes silence for a hang; None: it does not ask.
    """

    def __init__(self, address: str | None = None, watchdog: float | None = None) -> None:
        self._address = address
        self.watchdog = watchdog

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], pid: int) -> "Notifier":
        """As systemd asks in the environment; a watchdog meant for another process is none."""
        microseconds = environ.get("WATCHDOG_USEC", "")
        ours = environ.get("WATCHDOG_PID", str(pid)) == str(pid)
        watchdog = int(microseconds) / MICRO if ours and microseconds.isdecimal() else None
        return cls(environ.get("NOTIFY_SOCKET"), watchdog or None)

    def ready(self, status: str) -> None:
        """Started, or done with reloading."""
        self._send(f"READY=1\nSTATUS={_line(status)}")

    def reloading(self) -> None:
        """A reload begins; the time lets systemd tell it from an older one."""
        microseconds = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._send(f"RELOADING=1\nMONOTONIC_USEC={microseconds}\nSTATUS=reloading")

    def status(self, sentence: str) -> None:
        """What ``systemctl status`` shows."""
        self._send(f"STATUS={_line(sentence)}")

    def alive(self) -> None:
        """Put off the watchdog. Only the loop calls this, so that a turn that hangs is noticed."""
        if self.watchdog is not None:
            self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """The end begins."""
        self._send("STOPPING=1\nSTATUS=stopping")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        address = self._address
        if address.startswith("@"):
            address = "\0" + address[1:]
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as end:
                end.connect(address)
                end.sendall(message.encode())
        except OSError:
            # systemd went away or is being re-executed: scheduling does not stop for that.
            return


def _line(text: str) -> str:
    return " ".join(text.split())
