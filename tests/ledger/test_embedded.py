"""The embedded server: started when needed, private, and honest about what it can't do."""

import os
import pwd
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from slurm_energy.errors import LedgerError, LedgerUnavailable
from slurm_energy.ledger.embedded import EmbeddedServer
from tests.postgres import short_directory


@pytest.fixture
def directory() -> Iterator[Path]:
    parent = short_directory()
    yield parent / "pg"
    EmbeddedServer(parent / "pg").stop()
    shutil.rmtree(parent)


def test_it_starts_once_keeps_its_data_and_starts_again(directory: Path) -> None:
    server = EmbeddedServer(directory)
    assert not directory.exists()
    with psycopg.connect(server.start(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept ()")
    assert EmbeddedServer(directory).start() == server.url
    assert server.running()
    server.stop()
    server.stop()
    assert not server.running()
    with psycopg.connect(server.start()) as connection:
        assert connection.execute("SELECT to_regclass('kept')").fetchone() == ("kept",)


def test_only_our_own_account_gets_in(directory: Path) -> None:
    server = EmbeddedServer(directory)
    server.start()
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    with pytest.raises(psycopg.OperationalError, match="Peer authentication failed"):
        psycopg.connect(server.url.replace(f"user={whoami()}", "user=postgres"))
    with psycopg.connect(server.url) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_a_half_made_database_is_made_again(directory: Path) -> None:
    half = directory.with_name("pg.new")
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    EmbeddedServer(directory).start()
    assert not half.exists()


def test_a_server_left_behind_by_a_killed_daemon_is_used_again(directory: Path) -> None:
    script = (
        "import os, signal, pathlib, sys\n"
        "from slurm_energy.ledger.embedded import EmbeddedServer\n"
        "EmbeddedServer(pathlib.Path(sys.argv[1])).start()\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(directory)], check=False)
    server = EmbeddedServer(directory)
    assert server.running()
    psycopg.connect(server.start()).close()


def test_two_daemons_starting_it_at_once_both_get_it(directory: Path) -> None:
    script = (
        "import pathlib, sys\n"
        "from slurm_energy.ledger.embedded import EmbeddedServer\n"
        "print(EmbeddedServer(pathlib.Path(sys.argv[1])).start())\n"
    )
    command = [sys.executable, "-c", script, str(directory)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = {one.communicate(timeout=60)[0] for one in both}
    assert said == {EmbeddedServer(directory).url + "\n"}


def test_data_of_another_version_are_refused_in_one_line(directory: Path) -> None:
    server = EmbeddedServer(directory)
    server.start()
    server.stop()
    (directory / "PG_VERSION").write_text("14\n")
    with pytest.raises(LedgerError, match=r"data of PostgreSQL 14, the installed wheel is \d+: "):
        server.start()
    (directory / "PG_VERSION").unlink()
    with pytest.raises(LedgerError, match="no PostgreSQL data"):
        server.start()


def test_a_path_too_long_for_a_socket_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100)
    with pytest.raises(LedgerError, match="bytes too long for a Unix socket; choose a shorter"):
        EmbeddedServer(deep).start()
    assert not deep.exists()


def test_a_server_that_will_not_start_says_why(directory: Path) -> None:
    server = EmbeddedServer(directory)
    server.start()
    server.stop()
    with (directory / "postgresql.auto.conf").open("a") as conf:
        conf.write("max_connections = nonsense\n")
    with pytest.raises(LedgerUnavailable, match=r"pg_ctl failed: .*see the logs in"):
        server.start()


def whoami() -> str:
    return pwd.getpwuid(os.geteuid()).pw_name
