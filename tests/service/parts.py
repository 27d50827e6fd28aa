"""A daemon's parts around a fake cluster: what wiring builds, without Slurm and database."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from slurm_energy.application import Application, Hands
from slurm_energy.cycle import Cycle
from slurm_energy.errors import LedgerUnavailable
from slurm_energy.ledger.waits import WaitsQuestion
from slurm_energy.model.decision import Decision
from slurm_energy.model.job import JobKey
from slurm_energy.model.report import KnownJob, Recorded
from slurm_energy.model.source import SourceState
from slurm_energy.state.held import HeldFile
from slurm_energy.state.released import Released
from tests.fakes import FakeClock
from tests.fakes_ledger import MemoryLedger
from tests.worlds import Town

PROGRAM = Path(__file__).with_name("program.py")
ROOT = PROGRAM.parents[2]
Found = TypeVar("Found")


class Remembering(MemoryLedger):
    """The ledger in memory, asked as ``explain`` asks; it may be away."""

    def __init__(self) -> None:
        super().__init__(FakeClock(), WaitsQuestion())
        self.away = False
        self.users: dict[JobKey, str] = {}

    def find(self, job_id: int) -> Sequence[KnownJob]:
        self._answer()
        keys = {one.decision.key for one in self.decisions if one.decision.key.job_id == job_id}
        return [KnownJob(key, self.users.get(key)) for key in sorted(keys, reverse=True)]

    def recorded(self, key: JobKey, limit: int = 50) -> Sequence[Recorded]:
        self._answer()
        return super().recorded(key, limit)

    def note(self, at: int, decisions: Sequence[Decision]) -> None:
        self._answer()
        super().note(at, decisions)

    def _answer(self) -> None:
        if self.away:
            raise LedgerUnavailable("the ledger's database is away: no route")


@dataclass
class House:
    """A town with its daemon's application; every part can be looked at."""

    directory: Path
    town: Town = field(default_factory=Town)
    ledger: Remembering = field(default_factory=Remembering)
    all_seeing: frozenset[int] = frozenset({0})
    waiting: int = 0
    sources: Sequence[SourceState] = ()
    closed: int = 0

    def application(self, cycle: Cycle | None = None, **changes: Any) -> Application:
        def close() -> None:
            self.closed += 1

        known: dict[str, Any] = {
            "cycle": cycle or self.town.daemon(ledger=self.ledger),
            "memory": self.ledger,
            "released": Released(self.directory),
            "socket": self.directory / "query.sock",
            "listen": None,
            "may_see_all": self.all_seeing.__contains__,
            "restarts": lambda: {"east": 2},
            "backlog": lambda: self.waiting,
            "sources": lambda: self.sources,
            "keep": lambda: None,
            "close": close,
        }
        return Application(**(known | changes))

    def hands(self) -> Hands:
        def table_off(now: int) -> None:
            (self.directory / "table").write_text(f"off {now}")

        return Hands(
            config=self.directory / "slurm-energy.toml",
            clock=self.town.clock,
            readers={"east": self.town.east},
            actuators={"east": self.town.east},
            annotate=self.town.daemon().world.annotate,
            held=HeldFile(self.directory),
            released=Released(self.directory),
            table_off=table_off,
            close=lambda: None,
        )


@dataclass
class Running:
    """A daemon in a process of its own."""

    process: "subprocess.Popen[str]"
    config: Path
    log: Path

    def said(self) -> str:
        return self.log.read_text()

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def rewrite(self, **changes: Any) -> None:
        self.config.write_text(json.dumps(json.loads(self.config.read_text()) | changes))


@contextmanager
def running(
    directory: Path, environment: Mapping[str, str] | None = None, **settings: Any
) -> Iterator[Running]:
    """The daemon of :mod:`tests.service.program`, ended by SIGTERM afterwards if still there."""
    config, log = directory / "config.json", directory / "log"
    config.write_text(json.dumps({"socket": str(directory / "query.sock"), **settings}))
    with log.open("w") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.service.program", str(config)],
            cwd=ROOT,
            stderr=stream,
            text=True,
            env={"PATH": "/usr/bin:/bin", "JOURNAL_STREAM": "1:2", **(environment or {})},
        )
    try:
        yield Running(process, config, log)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def eventually(wanted: Callable[[], Found | None], seconds: float = 20) -> Found:
    """What ``wanted`` gives once it gives something true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            found = wanted()
        except OSError:
            found = None
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {wanted}")
