"""When a laboratory may be called up, and what one line says about each of its hosts."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from lab import configuration
from lab.accounts import federate
from lab.errors import LabError
from lab.progress import wait_until

if TYPE_CHECKING:
    from lab.host import Host
    from lab.laboratory import Lab

SLURM_SECONDS = 90.0
UNITS_SECONDS = 60.0


def wait_until_ready(lab: Lab) -> None:
    """Wait until all nodes are idle, then federate, and until all units run."""
    for host in lab.hosts:
        wait_until(f"idle nodes on {host.name}", partial(nodes_are_idle, host), SLURM_SECONDS)
    if len(lab.hosts) > 1:
        federate(lab.hosts[0])
        wait_until("the federation", partial(is_federated, lab), SLURM_SECONDS)
    for host in lab.hosts:
        wait_until(f"the units of {host.name}", partial(_units_are_up, host), UNITS_SECONDS)


def nodes_are_idle(host: Host) -> bool:
    """Tell whether all nodes of a host's own cluster wait for work."""
    return node_states(host) == ["idle"] * configuration.NODES


def node_states(host: Host) -> list[str]:
    """Return the states of the nodes of a host's own cluster; none while slurmctld is silent."""
    argv = ["sinfo", "--local", "--noheader", "--Node", "--partition=gpu", "--format=%T"]
    return host.run(argv, check=False).stdout.split()


def is_federated(lab: Lab) -> bool:
    """Tell whether each cluster sees the other and has its jobs."""
    wanted = "PersistConnSend/Recv:Yes/Yes Synced:Yes"
    return all(wanted in h.run(["scontrol", "show", "federation"]).stdout for h in lab.hosts)


def failed_units(host: Host) -> list[str]:
    """Return the units that have failed on a host."""
    listed = host.systemctl("list-units", "--failed", "--plain", "--no-legend").stdout
    return [line.split()[0] for line in listed.splitlines()]


def _units_are_up(host: Host) -> bool:
    if host.system_state() == "degraded":
        failed = " ".join(failed_units(host))
        raise LabError(f"failed on {host.name}: {failed}; see `journalctl -u` in `make lab-shell`")
    return host.system_state() == "running"


def describe(host: Host) -> str:
    """Return one line about a host: its system, its nodes and what has failed."""
    if not host.is_running():
        return f"{host.name}: down"
    nodes = " ".join(node_states(host)) or "slurmctld does not answer"
    daemon = host.systemctl("is-active", "slurm-energyd", check=False).stdout.strip()
    failed = ", ".join(failed_units(host)) or "none"
    return (
        f"{host.name}: systemd {host.system_state()}, nodes {nodes}, "
        f"slurm-energyd {daemon}, failed units {failed}"
    )
