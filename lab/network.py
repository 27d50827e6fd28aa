"""Network namespaces for the hosts of one instance, joined by a veth pair that can be cut."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from lab.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Sequence

ADDRESSES = {"east": "10.77.0.1", "west": "10.77.0.2"}
LINK = "lab0"


class Network:
    """The namespaces `<instance>-<host>`; nothing of it is visible in the outer namespace."""

    def __init__(self, instance: str, hosts: Sequence[str]) -> None:
        self.hosts = tuple(hosts)
        self._names = {host: f"slurm-energy-{instance}-{host}" for host in hosts}

    def path(self, host: str) -> Path:
        """Return the path by which a process enters the host's namespace."""
        return Path("/run/netns", self._names[host])

    def make(self) -> None:
        """Create the namespaces and, between two hosts, the link with its addresses."""
        for name in self._names.values():
            _ip("netns", "add", name)
            _ip("-n", name, "link", "set", "lo", "up")
        one, *others = self._names.values()
        if others:
            peer = ["peer", "name", LINK, "netns", others[0]]
            _ip("link", "add", LINK, "netns", one, "type", "veth", *peer)
        # A host alone has no link; it answers to its address all the same.
        device = LINK if others else "lo"
        for host, name in self._names.items():
            _ip("-n", name, "address", "add", f"{ADDRESSES[host]}/24", "dev", device)
            _ip("-n", name, "link", "set", device, "up")

    def drop(self) -> None:
        """Delete the namespaces, and with them the link."""
        for host, name in self._names.items():
            if self.path(host).exists():
                _ip("netns", "delete", name)

    def cut(self) -> None:
        """Take the link down: packets between the hosts vanish, addresses stay."""
        self._set("down")

    def mend(self) -> None:
        """Bring the link up again."""
        self._set("up")

    def is_cut(self) -> bool:
        """Tell whether the link is down; a missing one counts as down."""
        with suppress(LabError):
            name = self._names[self.hosts[0]]
            return "state UP" not in _ip("-n", name, "link", "show", "dev", LINK)
        return True

    def _set(self, state: str) -> None:
        if len(self.hosts) < 2:
            raise LabError("a laboratory of one host has no link; bring one up without --single")
        _ip("-n", self._names[self.hosts[0]], "link", "set", LINK, state)


def _ip(*arguments: str) -> str:
    result = subprocess.run(["ip", *arguments], capture_output=True, text=True)
    if result.returncode:
        raise LabError(
            f"`ip {' '.join(arguments)}` failed: {result.stderr.strip()}; try `lab down`"
        )
    return result.stdout
