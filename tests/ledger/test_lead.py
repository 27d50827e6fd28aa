"""One daemon leads: the same suite over the database's lock and the file's."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from slurm_energy.ledger.database import connect
from slurm_energy.ledger.lead import FileLead, PostgresLead
from tests.builders import some
from tests.postgres import running_server

LeadUnderTest = FileLead | PostgresLead
Contender = Callable[[], LeadUnderTest]

_HOLDER = """
import pathlib, sys, time
from slurm_energy.ledger.lead import FileLead, PostgresLead
kind, where = sys.argv[1:3]
lead = FileLead(pathlib.Path(where)) if kind == "file" else PostgresLead(lambda: where, "energy")
print(lead.acquire(), flush=True)
time.sleep(60)
"""


@pytest.fixture(params=["file", "postgres"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def where(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """What the contenders contend on: a path or a database."""
    if kind == "file":
        return str(tmp_path / "lead.lock")
    return str(request.getfixturevalue("url"))


@pytest.fixture
def contender(kind: str, where: str) -> Iterator[Contender]:
    made: list[LeadUnderTest] = []

    def make() -> LeadUnderTest:
        lead = FileLead(Path(where)) if kind == "file" else PostgresLead(lambda: where, "energy")
        made.append(lead)
        return lead

    yield make
    for lead in made:
        lead.release()


def test_of_two_contenders_one_leads(contender: Contender) -> None:
    one, other = contender(), contender()
    assert not one.holding()
    assert one.acquire()
    assert not other.acquire()
    assert (one.holding(), other.holding()) == (True, False)


def test_to_acquire_again_is_to_confirm(contender: Contender) -> None:
    one, other = contender(), contender()
    assert one.acquire()
    assert one.acquire()
    one.release()
    assert not one.holding()
    assert other.acquire()
    assert not one.acquire()
    one.release()
    assert other.holding()


def test_the_lead_of_a_killed_daemon_is_taken_over(
    contender: Contender, kind: str, where: str
) -> None:
    command = [sys.executable, "-c", _HOLDER, kind, where]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert some(holder.stdout).readline() == "True\n"
        heir = contender()
        assert not heir.acquire()
        holder.kill()
        holder.wait()
        assert eventually(heir.acquire)


def test_a_forked_worker_does_not_keep_a_dead_daemons_lead(
    contender: Contender, kind: str, where: str
) -> None:
    script = _HOLDER.replace("time.sleep", "import os; os.fork(); time.sleep")
    command = [sys.executable, "-c", script, kind, where]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as holder:
        assert some(holder.stdout).readline() == "True\n"
        time.sleep(0.3)
        os.kill(holder.pid, 9)
        assert eventually(contender().acquire)
        os.killpg(holder.pid, 9)


def test_a_leader_whose_session_was_cut_finds_out_before_it_acts(url: str) -> None:
    leader, other = (PostgresLead(lambda: url, "energy") for _ in range(2))
    assert leader.acquire()
    with connect(url) as administrator:
        administrator.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert eventually(other.acquire)
    assert not leader.holding()
    assert not leader.acquire()
    other.release()
    assert leader.acquire()
    leader.release()


def test_a_lock_that_is_gone_though_the_session_lives_is_noticed(url: str) -> None:
    """As behind a pooler that hands each statement to another session."""
    leader = PostgresLead(lambda: url, "energy")
    assert leader.acquire()
    some(leader._connection).execute("SELECT pg_advisory_unlock_all()")
    assert not leader.holding()


def test_each_federation_has_its_own_lead(url: str) -> None:
    energy, other = PostgresLead(lambda: url, "energy"), PostgresLead(lambda: url, "other")
    assert energy.acquire()
    assert other.acquire()
    energy.release()
    other.release()


def test_without_the_database_nobody_leads_and_afterwards_somebody_does() -> None:
    with running_server() as server:
        leader = PostgresLead(lambda: server.url, "energy")
        assert leader.acquire()
        server.stop()
        assert not leader.holding()
        assert not leader.acquire()
        server.start()
        assert leader.acquire()
        leader.release()


def test_a_lock_file_that_was_replaced_is_a_lost_lead(tmp_path: Path) -> None:
    path = tmp_path / "lead.lock"
    leader, other = FileLead(path), FileLead(path)
    assert leader.acquire()
    assert path.read_text() == f"{os.getpid()}\n"
    path.unlink()
    assert not leader.holding()
    assert other.acquire()
    assert not leader.acquire()
    other.release()


def eventually(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Whether it becomes true in time."""
    end = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < end:
        time.sleep(0.05)
    return met
