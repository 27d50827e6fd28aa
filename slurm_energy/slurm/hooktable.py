"""The table of now, as the daemon writes it for the submit hook beside it."""

from collections.abc import Sequence
from pathlib import Path

from slurm_energy.errors import SlurmError
from slurm_energy.model.lease import Lease
from slurm_energy.model.rules import Mode
from slurm_energy.slurm.tables import NowTable, render_now, write_table

LEAST_LIFE = 60
"""Seconds a table lives at least: a slow turn must not make the hook stop leasing."""


class HookTable:
    """Implements :class:`~slurm_energy.ports.TableWriter` for one cluster.

    A table lives for three turns: if we die, the hook stops leasing by itself.
    """

    def __init__(self, path: Path, cluster: str, mode: Mode, interval: int) -> None:
        self._path = path
        self._cluster = cluster
        self._mode = mode
        self._interval = interval

    def write(self, leases: Sequence[Lease], now: int) -> None:
        """Replace the table. Raises :class:`~slurm_energy.errors.SlurmError`; the old one stays."""
        self._replace(self._mode, leases, now)

    def write_off(self, now: int) -> None:
        """Mode off from now on: the hook honours it whatever its age. Raises ``SlurmError``."""
        self._replace(Mode.OFF, (), now)

    def _replace(self, mode: Mode, leases: Sequence[Lease], now: int) -> None:
        table = NowTable(
            cluster=self._cluster,
            mode=mode,
            issued=now,
            expires=now + max(3 * self._interval, LEAST_LIFE),
            cycle=self._interval,
            leases=tuple(leases),
        )
        try:
            write_table(self._path, render_now(table))
        except OSError as error:
            raise SlurmError(
                f"the hook's table {self._path} can't be written: {error.strerror}; "
                "make its directory writable for the daemon"
            ) from error
