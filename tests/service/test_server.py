"""The socket itself: who asks is the kernel's word, and nobody can keep it busy."""

import json
import os
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from slurm_energy.service import server
from slurm_energy.service.server import QueryServer


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    """A server that answers with what it was asked and by whom."""
    tmp_path.chmod(0o755)
    where = tmp_path / "query.sock"
    door = QueryServer(where, lambda line, uid: json.dumps([line.decode(), uid]).encode() + b"\n")
    door.open()
    yield where
    door.close()
    assert not where.exists()


def connected(path: Path) -> socket.socket:
    end = socket.socket(socket.AF_UNIX)
    end.settimeout(20)
    end.connect(str(path))
    return end


def exchange(path: Path, request: bytes) -> bytes:
    with connected(path) as end:
        end.sendall(request)
        end.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: end.recv(65536), b""))


def test_everybody_may_connect_and_is_known_by_uid(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o666
    assert json.loads(exchange(path, b"hello\n")) == ["hello", os.getuid()]


def test_who_asks_is_the_kernels_word() -> None:
    """Root becomes somebody else before asking; another user can only ask as himself."""
    # Not below pytest's own directory, which others may not enter.
    where = Path(f"/tmp/slurm-energy-test-{os.getpid()}.sock")
    door = QueryServer(where, lambda line, uid: f"{uid}\n".encode())  # noqa: ARG005
    uid = 65534 if os.getuid() == 0 else os.getuid()
    program = (
        "import os,socket,sys; s=socket.socket(socket.AF_UNIX); os.setuid(int(sys.argv[2]));"
        "s.connect(sys.argv[1]); s.sendall(b'who\\n'); print(s.recv(99).decode())"
    )
    door.open()
    try:
        said = subprocess.run(
            [sys.executable, "-c", program, str(where), str(uid)],
            capture_output=True,
            text=True,
            check=True,
        )
    finally:
        door.close()
    assert said.stdout.strip() == str(uid)


def test_a_request_without_a_line_end_is_answered_when_the_caller_is_done(path: Path) -> None:
    assert json.loads(exchange(path, b"hello"))[0] == "hello"


def test_an_endless_request_is_cut_off(path: Path) -> None:
    with connected(path) as end:
        end.sendall(b"x" * (2 * server.LINE_BYTES))
        line, _ = json.loads(end.recv(1 << 20))
    assert len(line) == server.LINE_BYTES + 1


def test_silent_callers_do_not_keep_others_waiting(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "SECONDS", 0.3)
    idle = [connected(path) for _ in range(2 * server.AT_ONCE)]
    assert json.loads(exchange(path, b"hello\n"))[0] == "hello"
    for end in idle:
        end.close()


def test_callers_at_once_are_all_answered(path: Path) -> None:
    answers: list[bytes] = []
    threads = [
        threading.Thread(target=lambda n=n: answers.append(exchange(path, b"%d\n" % n)))
        for n in range(50)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(int(json.loads(one)[0]) for one in answers) == list(range(50))


def test_a_socket_that_a_dead_daemon_left_is_replaced(tmp_path: Path) -> None:
    where = tmp_path / "query.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(where))
    door = QueryServer(where, lambda line, uid: b"alive\n")  # noqa: ARG005
    door.open()
    assert exchange(where, b"?\n") == b"alive\n"
    door.close()


def test_closing_leaves_a_successors_socket_alone(tmp_path: Path) -> None:
    where = tmp_path / "query.sock"
    first = QueryServer(where, lambda line, uid: b"first\n")  # noqa: ARG005
    second = QueryServer(where, lambda line, uid: b"second\n")  # noqa: ARG005
    first.open()
    second.open()
    first.close()
    assert exchange(where, b"?\n") == b"second\n"
    second.close()
