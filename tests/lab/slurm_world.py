"""A laboratory host as a ``World`` of tests/contract: real clients, real users, real Slurm."""

import pickle
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lab.host import Host
from lab.python import VENV
from slurm_energy.model.decision import JobEnd, Outcome, Update
from slurm_energy.model.job import Queue

_AGENT = Path(__file__).with_name("slurm_agent.py")
_DAEMON = "slurm-energy"
"""Who runs the client: the daemon's own user, an Operator."""
_PATIENCE = 20.0


class LabWorld:
    """One cluster of the laboratory, reached through one of our clients on its own host."""

    def __init__(self, host: Host, kind: str, limit: float = 4) -> None:
        self.cluster = host.name
        self._host = host
        host.write("/srv/slurm_agent.py", _AGENT.read_text())
        argv = [f"{VENV}/bin/python", "/srv/slurm_agent.py", kind, host.name, str(limit)]
        self._agent = subprocess.Popen(
            host.command(argv, user=_DAEMON),
            env=host.environment(_DAEMON),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._full = f"{host.name}-gpu4"
        self._state("drain")

    def close(self) -> None:
        """End the client, the jobs and the drain."""
        with self._agent:
            assert self._agent.stdin is not None
            self._agent.stdin.close()
        self._root("scancel", "--user=alice")
        self._state("resume")

    # Ours: the ports.

    def read(self) -> Queue:
        queue: Queue = self._call("read")
        return queue

    def ended(self, since: int) -> tuple[JobEnd, ...]:
        ends: tuple[JobEnd, ...] = self._call("ended", since)
        return ends

    def apply(self, updates: Sequence[Update]) -> tuple[Outcome, ...]:
        outcomes: tuple[Outcome, ...] = self._call("apply", updates)
        return outcomes

    # Other people's.

    def now(self) -> int:
        return int(time.time())

    def submit(
        self, *, begin: int = 0, blocked: bool = False, held: bool = False, tasks: int = 0
    ) -> int:
        options = ["--job-name=contract", "--time=60", "--gpus=2", f"--clusters={self.cluster}"]
        options += [f"--begin=uts{begin}"] if begin else []
        options += [f"--nodelist={self._full}"] if blocked else []
        options += ["--hold"] if held else []
        options += [f"--array=1-{tasks}"] if tasks else []
        return self.sbatch(*options)

    def sbatch(self, *options: str) -> int:
        """Submit as alice with these options."""
        argv = ["sbatch", "--parsable", "--output=/dev/null", *options]
        done = self._host.run(argv, user="alice", input="#!/bin/bash\nsleep 600\n")
        return int(done.stdout.partition(";")[0])

    def start(self, job_id: int) -> None:
        def running() -> bool:
            argv = ["squeue", "--local", "-h", "-o", "%T", f"--jobs={job_id}"]
            return "RUNNING" in self._root(*argv)

        self.eventually(running)

    def cancel(self, job_id: int) -> None:
        self._root("scancel", str(job_id))

    def set_begin(self, job_id: int, begin: int) -> None:
        self.update(job_id, f"starttime=uts{begin}")

    def set_site_factor(self, job_id: int, points: int) -> None:
        self.update(job_id, f"sitefactor={points}")

    def set_priority(self, job_id: int, priority: int) -> None:
        self.update(job_id, f"priority={priority}")

    def update(self, job_id: int, *changes: str) -> None:
        """A person's ``scontrol update``."""
        self._root("scontrol", "--local", "update", f"jobid={job_id}", *changes)

    @contextmanager
    def silent(self) -> Iterator[None]:
        self._host.systemctl("kill", "--signal=STOP", "slurmctld")
        try:
            yield
        finally:
            self._host.systemctl("kill", "--signal=CONT", "slurmctld")
            self.eventually(lambda: self._root("scontrol", "--local", "ping").count("is UP"))

    def eventually(self, wanted: Callable[[], object]) -> None:
        end = time.monotonic() + _PATIENCE
        while not wanted():
            assert time.monotonic() < end, f"not within {_PATIENCE:g} s"
            time.sleep(0.2)

    def _root(self, *argv: str) -> str:
        return self._host.run(argv, check=False).stdout

    def _state(self, state: str) -> None:
        self._root(
            "scontrol", "--local", "update", f"nodename={self._full}", f"state={state}", "reason=t"
        )

    def _call(self, name: str, *arguments: object) -> Any:
        assert self._agent.stdin is not None
        assert self._agent.stdout is not None
        pickle.dump((name, arguments), self._agent.stdin)
        self._agent.stdin.flush()
        kind, value = pickle.load(self._agent.stdout)  # noqa: S301 - of our agent
        if kind == "error":
            raise value
        return value
