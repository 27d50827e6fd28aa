"""Every cluster's power limit: what is configured, and its grid events from every source."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from slurm_energy.model.power import GridEvent, PowerLimit
from slurm_energy.ports import GridEventSource


@dataclass(frozen=True, slots=True)
class ClusterPower:
    """One cluster's configured limit, and where its grid events come from.

    Without a ``limit`` there is one only while an event is known or a source has a problem.
    """

    limit: PowerLimit | None
    sources: Sequence[GridEventSource] = ()


class Power:
    """Implements :class:`~slurm_energy.ports.PowerSource`; clusters without settings have none."""

    def __init__(self, clusters: Mapping[str, ClusterPower]) -> None:
        self._clusters = clusters

    def read(self, now: int) -> Mapping[str, PowerLimit]:
        """By cluster; events of all its sources by their start, those that are over left out."""
        limits = {name: _limit(found, now) for name, found in self._clusters.items()}
        return {name: limit for name, limit in limits.items() if limit is not None}


def _limit(found: ClusterPower, now: int) -> PowerLimit | None:
    known = [source.read(now) for source in found.sources]
    ahead = [event for one in known for event in one.events if event.end > now]
    problems = tuple(problem for one in known for problem in one.problems)
    if found.limit is None and not ahead and not problems:
        return None
    return replace(
        found.limit or PowerLimit(), events=tuple(sorted(ahead, key=_order)), problems=problems
    )


def _order(event: GridEvent) -> tuple[int, int]:
    return event.start, event.end
