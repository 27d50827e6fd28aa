"""The daemon as systemd and administrators meet it: a process, signals, sockets."""

import json
import signal
import socket
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from slurm_energy.errors import DaemonUnavailable
from slurm_energy.service.answers import Answer
from slurm_energy.service.client import ask
from tests.service.parts import Running, eventually, running


def status(directory: Path) -> Answer:
    def answered() -> Answer | None:
        try:
            found = ask(directory / "query.sock", "status")
        except DaemonUnavailable:
            return None
        return found if found["turn"] else None

    return eventually(answered)


@pytest.fixture
def notify(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(str(tmp_path / "notify"))
        end.settimeout(20)
        yield end


def heard_until(end: socket.socket, wanted: str) -> list[str]:
    heard: list[str] = []
    while not heard or wanted not in heard[-1]:
        heard.append(end.recv(4096).decode())
    return heard


def free_port() -> int:
    with socket.socket() as end:
        end.bind(("127.0.0.1", 0))
        return int(end.getsockname()[1])


def test_it_says_one_sentence_a_turn_and_answers(tmp_path: Path) -> None:
    with running(tmp_path) as daemon:
        found = status(tmp_path)
        assert found["mode"] == "live"
        assert found["turn"]["deferred"] == 1
        assert found["turn"]["sent"] == 1
        assert "<6>cycle 1 (live, lead): 1 pending, 1 ours, 1 deferred" in daemon.said()
        assert not daemon.said().count("cycle 2")


def test_systemd_hears_ready_then_sentences_then_stopping(
    tmp_path: Path, notify: socket.socket
) -> None:
    environment = {"NOTIFY_SOCKET": str(tmp_path / "notify")}
    with running(tmp_path, environment) as daemon:
        first = heard_until(notify, "cycle 1")
        assert first[0].startswith("READY=1")
        daemon.send(signal.SIGTERM)
        assert heard_until(notify, "STOPPING=1")
        assert daemon.process.wait(20) == 0
        assert not (tmp_path / "query.sock").exists()


def test_a_turn_that_hangs_pets_no_watchdog_and_queries_are_answered(
    tmp_path: Path, notify: socket.socket
) -> None:
    environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "300000"}
    with running(tmp_path, environment, interval=1) as daemon:
        assert any("WATCHDOG=1" in one for one in heard_until(notify, "WATCHDOG=1"))
        before = status(tmp_path)
        daemon.rewrite(hang=600)
        notify.settimeout(2)
        with pytest.raises(TimeoutError):
            heard_until(notify, "never said")
        assert status(tmp_path)["turn"]["number"] >= before["turn"]["number"]
        assert ask(tmp_path / "query.sock", "queue")["jobs"][0]["name"] == "nightly"
        daemon.process.kill()


def test_a_reload_takes_the_new_file_and_goes_on_counting(
    tmp_path: Path, notify: socket.socket
) -> None:
    environment = {"NOTIFY_SOCKET": str(tmp_path / "notify")}
    with running(tmp_path, environment) as daemon:
        assert status(tmp_path)["mode"] == "live"
        daemon.rewrite(mode="shadow", socket=str(tmp_path / "other.sock"))
        daemon.send(signal.SIGHUP)
        heard = heard_until(notify, "STATUS=reloaded")
        assert any(one.startswith("RELOADING=1\nMONOTONIC_USEC=") for one in heard)
        assert heard[-1].startswith("READY=1")
        found = eventually(lambda: ask(tmp_path / "other.sock", "status"))
        assert found["mode"] == "shadow"
        assert not (tmp_path / "query.sock").exists()
        eventually(lambda: "cycle 2 (shadow" in daemon.said())


def test_a_reload_of_an_invalid_file_says_every_problem_and_changes_nothing(
    tmp_path: Path,
) -> None:
    with running(tmp_path, interval=1) as daemon:
        status(tmp_path)
        good = daemon.config.read_text()
        daemon.config.write_text("not JSON")
        daemon.send(signal.SIGHUP)
        eventually(lambda: "<3>not reloaded: and something else" in daemon.said())
        daemon.config.write_text(good)
        number = status(tmp_path)["turn"]["number"]
        eventually(lambda: status(tmp_path)["turn"]["number"] > number)
        assert status(tmp_path)["mode"] == "live"


def test_a_turn_that_raises_is_counted_said_once_and_survived(tmp_path: Path) -> None:
    port = free_port()
    with running(tmp_path, interval=1, port=port) as daemon:
        status(tmp_path)
        daemon.rewrite(broken=True)
        eventually(lambda: status(tmp_path)["failures"] >= 2)
        assert daemon.said().count("Traceback") == 1
        assert "slurmenergy_cycle_failures_total" in scraped(port)
        daemon.rewrite(broken=False)
        eventually(lambda: "<5>over: the turn failed" in daemon.said())


def test_a_release_turns_the_mode_off_until_resume(tmp_path: Path) -> None:
    with running(tmp_path, interval=1):
        assert status(tmp_path)["mode"] == "live"
        (tmp_path / "released").write_text("enough\n")
        eventually(lambda: status(tmp_path)["mode"] == "off")
        assert status(tmp_path)["released"] == "enough"
        (tmp_path / "released").unlink()
        eventually(lambda: status(tmp_path)["mode"] == "live")


def test_metrics_are_served_on_loopback_without_job_ids(tmp_path: Path) -> None:
    port = free_port()
    with running(tmp_path, port=port):
        status(tmp_path)
        text = scraped(port)
        assert 'slurmenergy_jobs{class="evaluation",cluster="east",decision="defer"} 1.0' in text
        assert 'slurmenergy_updates_total{cluster="east",fate="sent"} 1.0' in text
        assert 'slurmenergy_signal_value{cluster="east",signal="carbon"} 400.0' in text
        assert 'slurmenergy_mode{mode="live"} 1.0' in text
        assert "nightly" not in text


def scraped(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text: bytes = answer.read()
    return text.decode()


TOKEN = "0123456789abcdef-of-this-test"  # noqa: S105


def post(port: int, reason: str) -> None:
    """An event from now on for an hour."""
    now = datetime.now(UTC)
    until = now + timedelta(hours=1)
    event = {"start": now.isoformat(), "end": until.isoformat(), "kw": 5, "reason": reason}
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/grid-event",
        json.dumps(event).encode(),
        {"Authorization": f"Bearer {TOKEN}"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        assert answer.status == 201


def in_force(directory: Path) -> str | None:
    (east,) = status(directory)["clusters"]
    told: str | None = east["grid_event"]
    return told and f"{told}, {east['grid_event_from']}, {east['power_limit']:g} W"


def test_a_posted_event_wakes_the_loop_at_once_and_survives_a_restart(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    port = free_port()
    with running(tmp_path, interval=600, port=port) as daemon:
        assert in_force(tmp_path) is None
        post(port, "TSO demand response")
        eventually(lambda: in_force(tmp_path) == "TSO demand response, webhook, 5000 W", seconds=5)
        assert status(tmp_path)["turn"]["number"] == 2
        assert status(tmp_path)["webhook"] == {"problem": None}
        assert "TSO demand response" in daemon.said()
        assert TOKEN not in daemon.said()
    with running(tmp_path, interval=600, port=port):
        assert in_force(tmp_path) == "TSO demand response, webhook, 5000 W"


def test_why_nobody_can_post_is_in_status(tmp_path: Path) -> None:
    with running(tmp_path, interval=600) as daemon:
        found = status(tmp_path)
        assert found["webhook"]["problem"].endswith(
            "put the token there, readable for the daemon's user"
        )
        assert found["problems"] == [found["webhook"]["problem"]]
        assert found["problems"][0] in daemon.said()


def test_sigusr1_asks_for_a_turn_at_once(tmp_path: Path) -> None:
    with running(tmp_path, interval=600) as daemon:
        assert status(tmp_path)["turn"]["number"] == 1
        daemon.send(signal.SIGUSR1)
        eventually(lambda: status(tmp_path)["turn"]["number"] == 2, seconds=5)


def test_a_start_that_cannot_listen_ends_with_one_error(tmp_path: Path) -> None:
    with running(tmp_path, socket=str(tmp_path / "absent" / "query.sock")) as daemon:
        assert daemon.process.wait(20) != 0
        assert "can't listen on" in daemon.said()


def test_the_answers_fit_json(tmp_path: Path) -> None:
    with running(tmp_path) as daemon:
        assert isinstance(daemon, Running)
        found = status(tmp_path)
        assert json.loads(json.dumps(found)) == found
