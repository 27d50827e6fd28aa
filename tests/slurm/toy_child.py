"""A worker's child without Slurm: one that answers, hangs, fails or dies."""

import os
import sys
import time
from multiprocessing.connection import Connection

from slurm_energy.errors import SlurmMismatch, SlurmRefused, SlurmUnavailable
from slurm_energy.slurm.worker_child import serve


def refuse(text: str) -> None:
    raise SlurmRefused(text)


def unavailable(text: str) -> None:
    raise SlurmUnavailable(text)


def mismatch(text: str) -> None:
    raise SlurmMismatch(text)


def conf() -> str | None:
    return os.environ.get("SLURM_CONF")


if __name__ == "__main__":
    with Connection(int(sys.argv[1])) as pipe:
        serve(
            pipe,
            lambda: {
                "pid": os.getpid,
                "add": lambda left, right: left + right,
                "hang": time.sleep,
                "die": os._exit,
                "refuse": refuse,
                "unavailable": unavailable,
                "mismatch": mismatch,
                "conf": conf,
            },
        )
