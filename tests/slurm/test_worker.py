"""The child that may hang or crash in our stead."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from slurm_energy.errors import SlurmMismatch, SlurmRefused, SlurmUnavailable
from slurm_energy.slurm.worker import Worker
from tests.builders import some

TOY = "tests.slurm.toy_child"


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker("/etc/slurm/east.conf", limit=2, module=TOY)
    yield worker
    worker.close()


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_for_end(pid: int, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while is_alive(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not is_alive(pid)


def test_a_constructor_starts_nothing() -> None:
    assert Worker(None, limit=2, module="no.such.module").generation == 0


def test_one_child_answers_call_after_call(worker: Worker) -> None:
    assert worker.call("add", 2, 3) == 5
    assert worker.call("pid") == worker.call("pid") != os.getpid()
    assert (worker.generation, worker.restarts) == (1, 0)


def test_the_child_has_its_clusters_configuration(worker: Worker) -> None:
    assert worker.call("conf") == "/etc/slurm/east.conf"


def test_a_call_that_takes_too_long_ends_the_child_and_only_it(worker: Worker) -> None:
    other = Worker(None, limit=2, module=TOY)
    bystander = other.call("pid")
    hung = worker.call("pid")
    with pytest.raises(SlurmUnavailable, match=r"east.conf gave no answer to hang in 2 s"):
        worker.call("hang", 60)
    assert not is_alive(hung)
    assert worker.restarts == 1
    assert worker.call("add", 1, 1) == 2
    assert worker.generation == 2
    assert other.call("pid") == bystander
    other.close()


def test_a_child_that_crashes_is_replaced_at_the_next_call(worker: Worker) -> None:
    with pytest.raises(SlurmUnavailable, match="died in die"):
        worker.call("die", 139)
    assert worker.restarts == 1
    assert worker.call("add", 1, 1) == 2


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("refuse", SlurmRefused),
        ("unavailable", SlurmUnavailable),
        ("mismatch", SlurmMismatch),
    ],
)
def test_our_own_errors_cross_the_pipe(worker: Worker, name: str, error: type[Exception]) -> None:
    with pytest.raises(error, match="the reason"):
        worker.call(name, "the reason")
    assert worker.restarts == 0


def test_closing_ends_the_child_and_the_next_call_starts_another(worker: Worker) -> None:
    first = worker.call("pid")
    worker.close()
    worker.close()
    assert not is_alive(first)
    assert worker.call("pid") != first
    assert worker.restarts == 0


PARENT = f"""
from slurm_energy.slurm.worker import Worker
worker = Worker(None, limit=LIMIT, module="{TOY}")
print(worker.call("pid"), flush=True)
worker.call("hang", SLEEP)
"""


def test_an_idle_child_ends_with_its_parent() -> None:
    program = PARENT.replace("LIMIT", "60").replace("SLEEP", "0") + "input()"
    parent = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with parent:
        child = int(some(parent.stdout).readline())
        time.sleep(0.2)
        assert is_alive(child)
        parent.send_signal(signal.SIGKILL)
    assert wait_for_end(child, 2)


def test_a_hanging_child_ends_soon_after_its_parent() -> None:
    program = PARENT.replace("LIMIT", "1").replace("SLEEP", "60")
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    with parent:
        child = int(some(parent.stdout).readline())
        parent.send_signal(signal.SIGKILL)
    assert wait_for_end(child, 4)
