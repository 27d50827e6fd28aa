"""The loopback page over a real socket: metrics for all, grid events for who has the token."""

import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from slurm_energy.application import Application, Webhook
from slurm_energy.service import loopback
from slurm_energy.service.board import Board
from slurm_energy.service.gridevents import LARGEST, GridEventDesk
from slurm_energy.service.loopback import LoopbackServer
from slurm_energy.service.metrics import Scrape
from slurm_energy.signals.bearer import Bearer
from slurm_energy.signals.posted import PostedEvents
from slurm_energy.state.posted import PostedFile
from tests.builders import HOUR, NOON, some
from tests.fakes import FakeClock
from tests.service.parts import House

TOKEN = "0123456789abcdef-of-this-test"  # noqa: S105
ADMITTED = {"Authorization": f"Bearer {TOKEN}"}
START, END = NOON + HOUR, NOON + 3 * HOUR


def iso(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()


EVENT = {
    "cluster": "east",
    "start": iso(START),
    "end": iso(END),
    "kw": 250,
    "reason": "TSO demand response",
}
ID = f"east-{START}-{END}"


@dataclass
class Page:
    """A served page; every part can be looked at."""

    directory: Path
    application: Application
    port: int = 0
    told: list[str] = field(default_factory=list)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Status and JSON; ``body`` is sent as it is where it is bytes."""
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", content, {**ADMITTED, **headers}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def listed(self) -> list[str]:
        return [one["id"] for one in self.ask("GET", "/grid-event")[1]["events"]]

    def scraped(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=20) as answer:
            text: bytes = answer.read()
        return text.decode()

    def raw(self, text: bytes) -> socket.socket:
        """A connection on which so much was sent."""
        end = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        end.sendall(text)
        return end


class Door:
    """One server for all tests; what stands behind it is each test's own, as after a reload."""

    def __init__(self) -> None:
        self.page: Page | None = None
        self.clock = FakeClock()
        desk = GridEventDesk(lambda: some(self.page).application.webhook, self.clock, self.told)
        scrape = Scrape(Board(started=NOON), lambda: some(self.page).application, self.clock)
        self.server = LoopbackServer(("127.0.0.1", 0), scrape, desk)

    def told(self, line: str) -> None:
        some(self.page).told.append(line)


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    found = Door()
    found.server.open()
    yield found
    found.server.close()


@pytest.fixture
def page(tmp_path: Path, door: Door) -> Page:
    token = tmp_path / "token"
    token.write_text(TOKEN)
    events = PostedEvents(PostedFile(tmp_path), ["east", "west"])
    application = House(tmp_path).application(webhook=Webhook(Bearer(str(token)), events))
    door.page = Page(tmp_path, application, door.server.port)
    return door.page


@pytest.fixture
def closed(tmp_path: Path, door: Door) -> Page:
    """A page for whose events there is no token."""
    door.page = Page(tmp_path, House(tmp_path).application(), door.server.port)
    return door.page


def test_an_event_is_posted_listed_and_taken_back(page: Page) -> None:
    shown = {**EVENT, "id": ID, "kw": 250.0}
    assert page.ask("POST", "/grid-event", EVENT) == (201, shown)
    assert page.ask("POST", "/grid-event", EVENT) == (200, shown)
    assert page.ask("GET", "/grid-event") == (200, {"events": [shown]})
    assert page.ask("DELETE", f"/grid-event/{ID}") == (200, {"taken_back": ID})
    assert page.ask("GET", "/grid-event") == (200, {"events": []})
    assert page.told == [
        f"grid event {ID} for east: 250 kW until {iso(END)}, TSO demand response",
        f"grid event {ID} was taken back",
    ]


def test_without_kw_it_is_taken_back_too(page: Page) -> None:
    page.ask("POST", "/grid-event", EVENT)
    assert page.ask("POST", "/grid-event", {**EVENT, "kw": None}) == (200, {"taken_back": ID})
    assert page.listed() == []


def test_what_was_listed_can_be_posted_again(page: Page) -> None:
    page.ask("POST", "/grid-event", {**EVENT, "id": "tso-7"})
    (shown,) = page.ask("GET", "/grid-event")[1]["events"]
    assert page.ask("POST", "/grid-event", shown) == (200, shown)


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer wrong-token-of-somebody", f"Basic {TOKEN}"]
)
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/grid-event"), ("POST", "/grid-event"), ("DELETE", f"/grid-event/{ID}")],
)
def test_without_the_token_nothing_is_told_or_changed(
    page: Page, method: str, path: str, given: str
) -> None:
    page.ask("POST", "/grid-event", EVENT)
    body = EVENT if method == "POST" else None
    status, answer = page.ask(method, path, body, Authorization=given)
    assert status == 401
    assert answer == {"error": "Authorization: Bearer with the right token is needed"}
    assert page.listed() == [ID]


def test_a_refusal_names_the_scheme(page: Page) -> None:
    with page.raw(b"GET /grid-event HTTP/1.0\r\n\r\n") as end:
        head = end.makefile("rb").read()
    assert b"401" in head.splitlines()[0]
    assert b"WWW-Authenticate: Bearer" in head


def test_without_a_token_in_the_settings_there_is_no_door(closed: Page) -> None:
    for method in ("GET", "POST", "DELETE"):
        body = EVENT if method == "POST" else None
        assert closed.ask(method, "/grid-event", body)[0] == 404
    assert not list(closed.directory.glob("grid-events.json"))
    assert "slurmenergy_cycles_total 0.0" in closed.scraped()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "the body is not JSON; send one object such as"),
        (b"{", "the body is not JSON"),
        (b"[" * 16_000, "the body is not JSON"),
        (b"\xff\xfe", "the body is not JSON"),
        (b"[]", "expected one JSON object with cluster, id, start, end, kw, reason"),
        ({**EVENT, "cluster": "north"}, "cluster 'north' is unknown; allowed: east, west"),
        ({**EVENT, "start": "2026-09-21T13:00"}, "start: time '2026-09-21T13:00': expected ISO"),
        ({**EVENT, "start": iso(END)}, "it lasts 0 s; allowed is up to 7 days after its start"),
        ({**EVENT, "kw": -5}, "kw -5: allowed is 0 to 1e+06; write the kW that may still be"),
        ({**EVENT, "kw": "many"}, "kw 'many': expected a number such as 250"),
        ({**EVENT, "start": "x" * 9000}, "start: time 'xxx"),
    ],
)
def test_a_bad_body_is_answered_with_one_line(page: Page, body: Any, told: str) -> None:
    status, answer = page.ask("POST", "/grid-event", body)
    assert status == 400
    assert answer["error"].startswith(told) or told in answer["error"]
    assert "\n" not in answer["error"]
    assert len(answer["error"]) <= 510
    assert page.listed() == []


@pytest.mark.parametrize("size", [LARGEST + 1, 300_000])
def test_a_body_that_is_too_large_is_refused(page: Page, size: int) -> None:
    status, answer = page.ask("POST", "/grid-event", b" " * size)
    assert (status, answer["error"]) == (
        413,
        f"a body of at most {LARGEST} bytes is allowed; send one event at a time",
    )


@pytest.mark.parametrize("length", [b"", b"Content-Length: -5\r\n", b"Content-Length: 5x\r\n"])
def test_a_body_of_unknown_length_is_refused(page: Page, length: bytes) -> None:
    head = b"POST /grid-event HTTP/1.0\r\nAuthorization: Bearer " + TOKEN.encode() + b"\r\n"
    with page.raw(head + length + b"\r\n{}") as end:
        assert b" 411 " in end.makefile("rb").readline()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("DELETE", "/grid-event", 400),
        ("DELETE", "/grid-event/unknown", 404),
        ("GET", "/grid-event/unknown", 404),
        ("POST", "/grid-event/unknown", 404),
        ("POST", "/metrics", 404),
        ("DELETE", "/", 404),
    ],
)
def test_what_is_not_there_is_said(page: Page, method: str, path: str, status: int) -> None:
    body = EVENT if method == "POST" else None
    assert page.ask(method, path, body)[0] == status
    assert page.listed() == []


def test_a_token_that_is_gone_admits_nobody(page: Page) -> None:
    (page.directory / "token").unlink()
    assert page.ask("POST", "/grid-event", EVENT) == (
        503,
        {"error": "we can't read our own token; slurm-energy doctor tells why"},
    )


def test_an_event_that_cannot_be_kept_is_not_taken(page: Page) -> None:
    (page.directory / "grid-events.json").write_text("{")
    status, answer = page.ask("POST", "/grid-event", EVENT)
    assert status == 503
    assert answer["error"].startswith("nothing was changed: ")
    assert page.told == []


def test_the_token_is_in_no_answer_and_no_line(
    page: Page, capfd: pytest.CaptureFixture[str]
) -> None:
    page.ask("POST", "/grid-event", EVENT)
    page.ask("POST", "/grid-event", b"{")
    page.ask("GET", "/grid-event", None, Authorization=f"Basic {TOKEN}")
    said = capfd.readouterr()
    assert TOKEN not in said.out + said.err + page.scraped() + "".join(page.told)
    assert TOKEN not in repr(page.application.webhook)


def test_metrics_are_served_beside_it(page: Page) -> None:
    assert "slurmenergy_cycles_total 0.0" in page.scraped()


def test_a_caller_who_drips_is_cut_off_in_time(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte now and then does not put the end off: the time is for the whole request."""
    monkeypatch.setattr(loopback, "SECONDS", 0.5)
    began = time.monotonic()
    with page.raw(b"GET /metrics HTTP/1.0\r\n") as end, pytest.raises(OSError):  # noqa: PT012
        for _ in range(200):
            end.sendall(b"X")
            time.sleep(0.05)
    assert time.monotonic() - began < 5


def test_callers_who_hold_the_line_keep_no_scrape_out(page: Page) -> None:
    held = [page.raw(b"GET /metrics HTTP/1.0\r\n") for _ in range(3 * loopback.AT_ONCE)]
    began = time.monotonic()
    assert "slurmenergy_cycles_total 0.0" in page.scraped()
    assert page.ask("POST", "/grid-event", EVENT)[0] == 201
    assert time.monotonic() - began < loopback.SECONDS / 2
    for end in held:
        end.close()


def test_many_at_once_lose_no_event(page: Page) -> None:
    def post(number: int) -> None:
        assert page.ask("POST", "/grid-event", {**EVENT, "id": f"e{number}"})[0] == 201

    threads = [threading.Thread(target=post, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(page.listed()) == sorted(f"e{number}" for number in range(16))
    assert len(page.told) == 16


def test_nobody_is_served_after_the_end(page: Page) -> None:
    other = Door()
    other.server.open()
    other.server.close()
    ended = Page(page.directory, page.application, other.server.port)
    with pytest.raises(ConnectionRefusedError):
        ended.raw(b"GET / HTTP/1.0\r\n\r\n")


def test_it_listens_on_the_other_loopback_too() -> None:
    other = Door()
    other.server = LoopbackServer(("::1", 0), other.server._scrape, other.server._desk)
    other.server.open()
    with socket.create_connection(("::1", other.server.port), timeout=20):
        pass
    other.server.close()


def test_a_body_that_does_not_come_is_refused(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loopback, "SECONDS", 0.3)
    head = f"POST /grid-event HTTP/1.0\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 9\r\n"
    with page.raw(f"{head}\r\n{{".encode()) as end:
        assert b" 408 " in end.makefile("rb").readline()
