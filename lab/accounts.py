"""The accounting database with clusters, federation, accounts and users, cached."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

from lab import configuration
from lab.cache import cached, content_key
from lab.errors import LabError
from lab.host import Host
from lab.network import Network
from lab.overlay import PROJECT, Overlay
from lab.progress import Progress, wait_until
from lab.tree import MARIADB_DATA

if TYPE_CHECKING:
    from pathlib import Path

RECIPE = [PROJECT / "lab" / name for name in ("accounts.py", "etc/host")]
CLUSTER = """
add cluster east
add qos urgent set priority=100
modify account root set qos=normal,urgent defaultqos=normal
add account research,product
add user alice,bob account=research,product defaultaccount=research
add user slurm-energy account=root adminlevel=Operator
"""
SECOND_CLUSTER = """
add cluster west
modify account root set qos=normal,urgent defaultqos=normal where cluster=west
add account research,product cluster=west
add user alice,bob account=research,product defaultaccount=research cluster=west
add user slurm-energy account=root cluster=west
"""
FEDERATION = """
add federation energy clusters=east,west
modify cluster east set features=eu
modify cluster west set features=us
"""
START_SECONDS = 60.0


def accounts_layer(tree: Path, single: bool, progress: Progress) -> Path:
    """Return the layer above the tree that holds the database of one cluster or of two."""
    key = content_key(RECIPE, tree.name)
    layer = cached("accounts", key, lambda place: _build(place, tree, progress))
    return layer / ("single" if single else "federated")


def _build(place: Path, tree: Path, progress: Progress) -> None:
    progress.say("setting up accounting, once: clusters, federation, accounts, users")
    network = Network("accounts", ["east"])
    network.drop()
    network.make()
    overlay = Overlay((tree,), place / "overlay")
    host = Host("east", "accounts", place, network.path("east"))
    try:
        overlay.make()
        files = configuration.host_files("east", tree)
        configuration.lay(overlay.upper, tree, files, set(configuration.ACCOUNTING))
        host.start(overlay)
        for name, commands in (("single", CLUSTER), ("federated", SECOND_CLUSTER)):
            _set_up(host, commands)
            _keep(overlay.upper / MARIADB_DATA, place / name / MARIADB_DATA)
    except subprocess.CalledProcessError as error:
        with progress.log.open("a") as log:
            log.write(f"{error} {error.__notes__}\n")
        raise LabError(
            f"accounting could not be set up: {error.__notes__[0]}", progress.log
        ) from None
    finally:
        with suppress(LabError):
            host.stop()
        network.drop()
        shutil.rmtree(overlay.place, ignore_errors=True)


def _set_up(host: Host, commands: str) -> None:
    """Run sacctmgr commands in slurmdbd, then stop the databases cleanly."""
    host.systemctl("start", "mariadb", "slurmdbd")
    listing = ["sacctmgr", "--noheader", "list", "cluster"]
    wait_until("slurmdbd", lambda: host.run(listing, check=False).returncode == 0, START_SECONDS)
    _sacctmgr(host, commands)
    host.systemctl("stop", "slurmdbd", "mariadb")


def federate(host: Host) -> None:
    """Join the two clusters, both of which must be up.

    A slurmctld that registers while its federation exists already makes slurmdbd tell the other
    one, which connects back and waits for an answer that can only come after the registration:
    ten seconds at best. Joined afterwards, they find each other at once.
    """
    _sacctmgr(host, FEDERATION)


def _sacctmgr(host: Host, commands: str) -> None:
    for command in commands.strip().splitlines():
        host.run(["sacctmgr", "--immediate", *command.split()])


def _keep(database: Path, target: Path) -> None:
    target.parent.mkdir(parents=True)
    # As an upper layer has it, whiteouts and overlay's own attributes included.
    subprocess.run(["cp", "--archive", str(database), str(target)], check=True)
