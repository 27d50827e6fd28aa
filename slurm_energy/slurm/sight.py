"""Who may see other people's jobs, as Slurm itself would have it."""

import pwd

from slurm_energy.errors import SlurmError
from slurm_energy.ports import Clock
from slurm_energy.slurm.accounting import admin_level
from slurm_energy.slurm.client import Client

_REMEMBERED = 300
"""Seconds an answer is kept: AdminLevel seldom changes."""


class Sight:
    """Whether a uid may see all jobs: root; anybody unless PrivateData hides jobs; Operators.

    While Slurm does not answer, nobody but root sees other people's jobs.
    """

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._known: dict[int, tuple[float, bool]] = {}

    def __call__(self, uid: int) -> bool:
        """Ask, or remember what was answered within five minutes."""
        if uid == 0:
            return True
        now = self._clock.elapsed()
        asked, answer = self._known.get(uid, (-float("inf"), False))
        if now - asked >= _REMEMBERED:
            try:
                answer = self._ask(uid)
            except SlurmError:
                return False
            self._known[uid] = (now, answer)
        return answer

    def _ask(self, uid: int) -> bool:
        if "jobs" not in self._client.config().private_data:
            return True
        try:
            user = pwd.getpwuid(uid).pw_name
        except KeyError:
            return False
        return admin_level(self._client.commands, user) in ("Operator", "Administrator")
