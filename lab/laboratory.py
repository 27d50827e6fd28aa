"""The laboratory as a whole: `Lab.open(name)` and its `up`, `down`, `host`, `cut` and `mend`."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

from lab import configuration, outer
from lab.accounts import accounts_layer
from lab.cache import content_key, locked
from lab.errors import LabError
from lab.host import Host, HostFile
from lab.network import Network
from lab.overlay import Overlay
from lab.progress import Progress, wait_until
from lab.python import VENV, python_layers
from lab.tree import base_tree
from lab.wheel import project_wheel

STATE_ROOT = Path("/var/lib/slurm-energy-lab")
START_SECONDS = 90.0
WHEEL = "/root/{}"


@dataclass(frozen=True)
class Lab:
    """One instance; two of different names run side by side and share only the caches."""

    name: str

    @classmethod
    def open(cls, name: str | None = None) -> Lab:
        """Return the instance of this name, by default the one that SLURM_ENERGY_LAB names."""
        name = name or os.environ.get("SLURM_ENERGY_LAB") or "lab"
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,19}", name):
            raise LabError(
                f"SLURM_ENERGY_LAB={name!r}: take up to 20 of a-z, 0-9 and -, such as lab"
            )
        outer.require_root()
        return cls(name)

    @property
    def state(self) -> Path:
        """Return the directory that holds all that this instance writes."""
        return STATE_ROOT / self.name

    @property
    def log(self) -> Path:
        """Return the log of what the instance did; it outlives it."""
        return STATE_ROOT / f"{self.name}.log"

    @property
    def hosts(self) -> list[Host]:
        """Return the hosts of the running instance, the primary first."""
        return [self._host(name) for name in self._record().get("hosts", [])]

    def host(self, name: str) -> Host:
        """Return a host by name."""
        known = [host.name for host in self.hosts]
        if not known:
            raise LabError(f"the laboratory {self.name} is not up; `make lab-up`")
        if name not in known:
            raise LabError(
                f"no host {name!r} in the laboratory {self.name}; it has {', '.join(known)}"
            )
        return self._host(name)

    @property
    def network(self) -> Network:
        """Return the network of the running instance."""
        return Network(self.name, self._record().get("hosts", []))

    def cut(self) -> None:
        """Part the two hosts: packets vanish."""
        self.network.cut()

    def mend(self) -> None:
        """Join the two hosts again."""
        self.network.mend()

    def submit(self, host: str, user: str, argv: Sequence[str], script: str = "sleep 1") -> int:
        """Submit a batch script with `sbatch` and these options; return the job's number."""
        text = f"#!/bin/bash\n{script}\n"
        command = ["sbatch", "--parsable", "--output=/dev/null", *argv]
        result = self.host(host).run(command, user=user, input=text)
        return int(result.stdout.partition(";")[0])

    def up(self, single: bool = False, show: bool = True) -> bool:
        """Bring it up, or bring it up to date; return False when there was nothing to do."""
        progress = Progress(self.log, show)
        outer.require_disk(STATE_ROOT)
        outer.require_tools(progress)
        with self._locked():
            return self._up(single, progress)

    def _up(self, single: bool, progress: Progress) -> bool:
        names = ["east"] if single else ["east", "west"]
        tree = base_tree(progress)
        python = (*python_layers(tree, progress), tree)
        layers = (accounts_layer(tree, single, progress), *python)
        files = {name: configuration.host_files(name, tree) for name in names}
        machine = content_key([], *map(str, layers), repr(files))
        record = self._record()
        started = record.get("machine") != machine or not all(h.is_running() for h in self.hosts)
        if started:
            self._down(progress)
            self._start(names, layers, files, progress)
            self._write_record(hosts=names, machine=machine)
        wheel = project_wheel(python, progress)
        project = content_key([wheel] if wheel else [], repr(configuration.project_files()))
        changed = self._record().get("project") != project
        if changed:
            self._install(wheel, progress, fresh=started)
            self._write_record(project=project)
        if started:
            progress.say("waiting for Slurm")
            self._wait_for_slurm(names)
        if not started and not changed:
            progress.say(f"{self.name} is up and unchanged")
        else:
            progress.say(f"{self.name} is up: {' and '.join(names)}")
        return started or changed

    def _start(
        self,
        names: Sequence[str],
        layers: tuple[Path, ...],
        files: dict[str, list[HostFile]],
        progress: Progress,
    ) -> None:
        progress.say(f"starting {' and '.join(names)}")
        network = Network(self.name, names)
        self.state.mkdir(parents=True)
        self._write_record(hosts=list(names))
        network.make()

        def boot(name: str) -> None:
            overlay = Overlay(layers, self.state / f"{name}.overlay")
            overlay.make()
            everything = [*files[name], *configuration.project_files()]
            configuration.lay(overlay.upper, layers[-1], everything, configuration.units(name))
            self._host(name).start(overlay)

        with ThreadPoolExecutor() as pool:
            list(pool.map(boot, names))

    def _install(self, wheel: Path | None, progress: Progress, fresh: bool) -> None:
        """Give the hosts the working tree's files and wheel, and restart what runs them."""
        progress.say("installing the working tree" if wheel else "no package to install yet")

        def install(host: Host) -> None:
            if not fresh:
                for file in configuration.project_files():
                    host.write(file.path, file.content, file.owner, file.mode)
            if wheel:
                path = WHEEL.format(wheel.name)
                host.copy_in(wheel, path)
                pip = [f"{VENV}/bin/pip", "install", "--no-deps", "--no-index", "--force-reinstall"]
                host.run([*pip, path])
                for name in ("slurm-energy", "slurm-energyd"):
                    host.run(["ln", "-sfn", f"{VENV}/bin/{name}", f"/usr/local/bin/{name}"])
            host.systemctl("daemon-reload")

        with ThreadPoolExecutor() as pool:
            list(pool.map(install, self.hosts))

    def _wait_for_slurm(self, names: Sequence[str]) -> None:
        for name in names:
            host = self.host(name)
            log = host.log
            wait_until(f"idle nodes on {name}", lambda h=host: nodes_idle(h), START_SECONDS, log)  # type: ignore[misc]
        if len(names) > 1:
            wait_until("the federation", lambda: self.is_federated(), START_SECONDS)

    def is_federated(self) -> bool:
        """Tell whether each cluster sees the other as an active sibling."""
        shown = [h.run(["scontrol", "show", "federation"]).stdout for h in self.hosts]
        return all("PersistConnSend/Recv:Yes/Yes Synced:Yes" in text for text in shown)

    def down(self, show: bool = True) -> None:
        """Stop it and remove all that it made, but for its log and the shared caches."""
        with self._locked():
            self._down(Progress(self.log, show))

    def _down(self, progress: Progress) -> None:
        if not self.state.exists():
            return
        progress.say(f"stopping {self.name}")
        for host in self.hosts:
            host.stop()
        self.network.drop()
        shutil.rmtree(self.state)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with locked(STATE_ROOT / f"{self.name}.lock"):
            yield

    def _host(self, name: str) -> Host:
        return Host(name, self.name, self.state, Network(self.name, [name]).path(name))

    def _record(self) -> dict[str, list[str]]:
        path = self.state / "record.json"
        record: dict[str, list[str]] = json.loads(path.read_text()) if path.exists() else {}
        return record

    def _write_record(self, **changes: object) -> None:
        fresh = self.state / "record.json.new"
        fresh.write_text(json.dumps(self._record() | changes))
        fresh.rename(self.state / "record.json")


def nodes_idle(host: Host) -> bool:
    """Tell whether all nodes of a host's own cluster wait for work."""
    argv = ["sinfo", "--local", "--noheader", "--Node", "--partition=gpu", "--format=%T"]
    states = host.run(argv, check=False).stdout.split()
    return len(states) == configuration.NODES and set(states) == {"idle"}
