"""What a turn knows of power: each cluster's limit, and the month's highest draw, remembered."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from slurm_energy.decide.power.peak import month, raised
from slurm_energy.errors import LedgerError
from slurm_energy.model.power import Peak, PowerLimit
from slurm_energy.ports import PeakStore, PowerSource


class Unlimited:
    """Implements :class:`~slurm_energy.ports.PowerMeter` for a site that limits nothing."""

    def read(self, now: int) -> Mapping[str, PowerLimit]:  # noqa: ARG002
        """No cluster has a limit."""
        return {}

    def drawn(self, watts: Mapping[str, float], now: int) -> Sequence[str]:  # noqa: ARG002
        """Nobody asks."""
        return ()


class Metered:
    """Implements :class:`~slurm_energy.ports.PowerMeter` over a source and the month's peaks."""

    def __init__(self, source: PowerSource, store: PeakStore) -> None:
        self._source = source
        self._store = store
        self._peaks: dict[str, Peak] | None = None

    def read(self, now: int) -> Mapping[str, PowerLimit]:
        """By cluster, each with the highest draw of this month and of the last one."""
        peaks = self._known()
        return {
            name: _with_peak(limit, peaks.get(name), now)
            for name, limit in self._source.read(now).items()
        }

    def drawn(self, watts: Mapping[str, float], now: int) -> Sequence[str]:
        """Remember what each cluster draws now; a problem where it can't be kept."""
        before = self._known()
        after = {name: raised(before.get(name), drawn, now) for name, drawn in watts.items()}
        self._peaks = before | after
        if self._peaks == before:
            return ()
        try:
            self._store.save(self._peaks)
        except LedgerError as error:
            return (str(error),)
        return ()

    def _known(self) -> dict[str, Peak]:
        if self._peaks is None:
            self._peaks = dict(self._store.load())
        return self._peaks


def _with_peak(limit: PowerLimit, peak: Peak | None, now: int) -> PowerLimit:
    """A peak of another month is the last month's, of this one nothing is known yet."""
    if peak is None:
        return limit
    if peak.month != month(now):
        return replace(limit, last_peak=peak.watts)
    return replace(limit, peak=peak.watts, last_peak=peak.before)


UNLIMITED = Unlimited()
"""Where a site sets nothing."""
