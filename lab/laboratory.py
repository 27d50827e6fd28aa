"""A laboratory that is up, for tests and tools: `Lab.open(name)`, its hosts and the link."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from lab import outer
from lab.errors import LabError
from lab.host import Host
from lab.network import Network

if TYPE_CHECKING:
    from collections.abc import Sequence

STATE_ROOT = Path("/var/lib/slurm-energy-lab")


class Record(TypedDict, total=False):
    """What is remembered of an instance while it is up: hosts, cached layers, keys of contents."""

    hosts: list[str]
    layers: list[str]
    machine: str
    project: str
    files: list[str]


@dataclass(frozen=True)
class Lab:
    """One instance; two of different names run side by side and share only the caches."""

    name: str

    @classmethod
    def open(cls, name: str | None = None) -> Lab:
        """Return the instance of this name, by default the one that SLURM_ENERGY_LAB names."""
        name = name or os.environ.get("SLURM_ENERGY_LAB") or "lab"
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,19}", name):
            raise LabError(f"SLURM_ENERGY_LAB={name!r}: take up to 20 of a-z, 0-9 and -, like lab")
        outer.require_root()
        return cls(name)

    @classmethod
    def all(cls) -> list[Lab]:
        """Return the instances that are up, or were when the machine went down."""
        return [cls(path.parent.name) for path in sorted(STATE_ROOT.glob("*/record.json"))]

    @property
    def state(self) -> Path:
        """Return the directory that holds all that this instance writes."""
        return STATE_ROOT / self.name

    @property
    def log(self) -> Path:
        """Return the log of what was done to the instance; it outlives it."""
        return STATE_ROOT / f"{self.name}.log"

    @property
    def host_names(self) -> list[str]:
        """Return the names of its hosts, the primary first; none when it is down."""
        return self.record().get("hosts", [])

    @property
    def hosts(self) -> list[Host]:
        """Return its hosts, the primary first; none when it is down."""
        return [self.make_host(name) for name in self.host_names]

    def host(self, name: str) -> Host:
        """Return a host by name."""
        known = self.host_names
        if not known:
            raise LabError(f"the laboratory {self.name} is not up; `make lab-up`")
        if name not in known:
            raise LabError(f"no host {name!r} in {self.name}; it has {' and '.join(known)}")
        return self.make_host(name)

    def make_host(self, name: str) -> Host:
        """Return a host of this name, whether or not it was started."""
        return Host(name, self.name, self.state, Network(self.name, [name]).path(name))

    @property
    def network(self) -> Network:
        """Return the network that joins its hosts."""
        return Network(self.name, self.host_names)

    def cut(self) -> None:
        """Part the two hosts: packets vanish."""
        self.network.cut()

    def mend(self) -> None:
        """Join the two hosts again."""
        self.network.mend()

    def submit(
        self, host: str, user: str, argv: Sequence[str] = (), script: str = "sleep 1"
    ) -> int:
        """Submit a batch script with these options of sbatch; return the job's number."""
        command = ["sbatch", "--parsable", "--output=/dev/null", *argv]
        result = self.host(host).run(command, user=user, input=f"#!/bin/bash\n{script}\n")
        return int(result.stdout.partition(";")[0])

    def record(self) -> Record:
        """Return what is remembered of the instance while it is up."""
        path = self.state / "record.json"
        content: Record = json.loads(path.read_text()) if path.exists() else {}
        return content

    def remember(self, changes: Record) -> None:
        """Add to what is remembered."""
        fresh = self.state / "record.json.new"
        fresh.write_text(json.dumps({**self.record(), **changes}))
        fresh.rename(self.state / "record.json")
