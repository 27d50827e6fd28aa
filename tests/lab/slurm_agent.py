"""Runs on a laboratory host: a real client whose methods are called through standard input.

Python pickles go both ways; ``slurm_agent.py pyslurm|commands CLUSTER LIMIT`` chooses the client.
"""

import pickle
import sys
import time

from slurm_energy.errors import SlurmError
from slurm_energy.slurm.client import Client, Source
from slurm_energy.slurm.client_commands import CommandSource
from slurm_energy.slurm.client_pyslurm import PyslurmSource
from slurm_energy.slurm.commands import Commands
from slurm_energy.slurm.facts import Facts
from slurm_energy.slurm.worker import Worker


class Clock:
    def now(self) -> int:
        return int(time.time())

    def elapsed(self) -> float:
        return time.monotonic()


def client(kind: str, cluster: str, limit: float) -> Client:
    commands = Commands(None, limit)
    worker = Worker(None, limit)
    source: Source = (
        PyslurmSource(cluster, worker) if kind == "pyslurm" else CommandSource(cluster, commands)
    )
    return Client(cluster, source, commands, Facts(commands, Clock()), Clock())


def main() -> None:
    ours = client(sys.argv[1], sys.argv[2], float(sys.argv[3]))
    while True:
        try:
            name, arguments = pickle.load(sys.stdin.buffer)  # noqa: S301 - of the test
        except EOFError:
            break
        try:
            answer = ("ok", getattr(ours, name)(*arguments))
        except SlurmError as error:
            answer = ("error", error)
        pickle.dump(answer, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    ours.close()


if __name__ == "__main__":
    main()
