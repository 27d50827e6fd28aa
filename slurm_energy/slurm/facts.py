"""What changes slowly about a cluster, asked for through Slurm's commands and kept for a while."""

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from slurm_energy.errors import SlurmUnavailable
from slurm_energy.model.job import Partition, Reservation
from slurm_energy.ports import Clock
from slurm_energy.slurm import accounting, answers, siteconfig
from slurm_energy.slurm.commands import Commands
from slurm_energy.slurm.siteconfig import SlurmConfig

_T = TypeVar("_T")
_RESERVATIONS = 60
_SETTINGS = 300
_LIMITS = 600


class _Kept(Generic[_T]):
    """A value that is asked for again once it is older than ``age`` seconds."""

    def __init__(self, ask: Callable[[], _T], age: float, clock: Clock) -> None:
        self._ask = ask
        self._age = age
        self._clock = clock
        self._value: tuple[float, _T] | None = None

    def __call__(self) -> _T:
        now = self._clock.elapsed()
        if self._value is None or now - self._value[0] >= self._age:
            self._value = (now, self._ask())
        return self._value[1]


class Facts:
    """Partitions, reservations, settings and submit limits of one cluster.

    Each is a call; each raises ``SlurmUnavailable``, but the limits: a site without accounting
    has none.
    """

    def __init__(self, commands: Commands, clock: Clock) -> None:
        self._commands = commands
        self.partitions = _Kept(self._partitions, _SETTINGS, clock)
        self.reservations = _Kept(self._reservations, _RESERVATIONS, clock)
        self.config: Callable[[], SlurmConfig] = _Kept(self._config, _SETTINGS, clock)
        self.submit_limits = _Kept(self._submit_limits, _LIMITS, clock)
        self.origins: Callable[[], Mapping[int, str]] = _Kept(self._origins, _LIMITS, clock)

    def _show(self, what: str) -> answers.Record:
        return self._commands.json(["scontrol", "--local", "show", what, "--json"])

    def _partitions(self) -> tuple[Partition, ...]:
        found = answers.records(self._show("partitions"), "partitions")
        return tuple(answers.partition(record) for record in found)

    def _reservations(self) -> tuple[Reservation, ...]:
        found = answers.records(self._show("reservations"), "reservations")
        return tuple(answers.reservation(record) for record in found)

    def _config(self) -> SlurmConfig:
        return siteconfig.load(self._commands)

    def _origins(self) -> Mapping[int, str]:
        return accounting.origins(self._commands)

    def _submit_limits(self) -> tuple[tuple[str, int], ...]:
        """The lowest MaxSubmitJobs among each user's associations on this cluster."""
        cluster = f"cluster={self.config().cluster}"
        argv = ["sacctmgr", "-nP", "show", "assoc", cluster, "format=user,maxsubmitjobs"]
        try:
            lines = self._commands.text(argv).splitlines()
        except SlurmUnavailable:
            return ()
        lowest: dict[str, int] = {}
        for line in lines:
            user, _, limit = line.partition("|")
            if user and limit.isdecimal():
                lowest[user] = min(int(limit), lowest.get(user, int(limit)))
        return tuple(sorted(lowest.items()))
