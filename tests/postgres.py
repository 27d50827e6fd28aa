"""Fixtures: the real PostgreSQL of the wheel, and an empty database in it for each test."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from slurm_energy.ledger.embedded import EmbeddedServer

_NUMBERS = count(1)


def short_directory() -> Path:
    """A directory whose sockets have short paths, and into which any account may look."""
    directory = Path(tempfile.mkdtemp(prefix="se", dir="/tmp"))
    directory.chmod(0o711)
    return directory


@contextmanager
def running_server() -> Iterator[EmbeddedServer]:
    """A server of one's own, gone afterwards."""
    directory = short_directory()
    server = EmbeddedServer(directory / "pg")
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(directory)


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    """A running server that the tests share; nobody stops it but a test that starts it again."""
    with running_server() as server:
        yield server


@pytest.fixture
def url(server: EmbeddedServer) -> Iterator[str]:
    """A new, empty database."""
    name = f"test{next(_NUMBERS)}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield make_conninfo(server.url, dbname=name)
    with psycopg.connect(server.start(), autocommit=True) as connection:
        drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
        connection.execute(drop)
