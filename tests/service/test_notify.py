import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from slurm_energy.service.notify import Notifier

Systemd = tuple[socket.socket, str]


@pytest.fixture(params=["path", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Systemd]:
    """The end that systemd listens on, and its address as NOTIFY_SOCKET has it."""
    address = str(tmp_path / "notify") if request.param == "path" else f"@{tmp_path}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(address.replace("@", "\0", 1))
        end.settimeout(5)
        yield end, address


def test_systemd_hears_of_start_reload_life_and_end(systemd: Systemd) -> None:
    end, address = systemd
    environment = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "90000000", "WATCHDOG_PID": "7"}
    notifier = Notifier.from_environment(environment, 7)
    notifier.ready("first\nturn")
    notifier.reloading()
    notifier.alive()
    notifier.status("cycle 1")
    notifier.stopping()
    heard = [end.recv(4096).decode() for _ in range(5)]
    assert notifier.watchdog == 90
    assert heard[0] == "READY=1\nSTATUS=first turn"
    assert re.fullmatch(r"RELOADING=1\nMONOTONIC_USEC=\d+\nSTATUS=reloading", heard[1])
    assert heard[2:] == ["WATCHDOG=1", "STATUS=cycle 1", "STOPPING=1\nSTATUS=stopping"]


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"WATCHDOG_USEC": "0"},
        {"WATCHDOG_USEC": "soon"},
        {"WATCHDOG_USEC": "90000000", "WATCHDOG_PID": "8"},
    ],
)
def test_without_a_watchdog_nothing_is_petted(
    environment: dict[str, str], systemd: Systemd
) -> None:
    end, address = systemd
    notifier = Notifier.from_environment({**environment, "NOTIFY_SOCKET": address}, 7)
    notifier.alive()
    notifier.status("after")
    assert notifier.watchdog is None
    assert end.recv(4096) == b"STATUS=after"


def test_outside_systemd_nothing_happens(tmp_path: Path) -> None:
    Notifier().ready("up")
    Notifier(str(tmp_path / "nobody")).ready("up")
