"""Every cluster's power limit: what is configured, and the grid events of its file."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from slurm_energy.model.power import PowerLimit
from slurm_energy.signals.eventsfile import EventsFile


@dataclass(frozen=True, slots=True)
class ClusterPower:
    """One cluster's configured limit, and where its grid events come from; None: nowhere."""

    limit: PowerLimit
    events: EventsFile | None = None


class Power:
    """Implements :class:`~slurm_energy.ports.PowerSource`; clusters without settings have none."""

    def __init__(self, clusters: Mapping[str, ClusterPower]) -> None:
        self._clusters = clusters

    def read(self, now: int) -> Mapping[str, PowerLimit]:
        """By cluster; events that are over are left out."""
        return {name: _limit(found, now) for name, found in self._clusters.items()}


def _limit(found: ClusterPower, now: int) -> PowerLimit:
    if found.events is None:
        return found.limit
    read = found.events.read()
    ahead = tuple(event for event in read.events if event.end > now)
    return replace(found.limit, events=ahead, problems=read.problems)
