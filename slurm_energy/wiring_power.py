"""From the settings of ``[power]`` to limits and grid events: the wiring of their sources."""

from collections.abc import Iterator, Sequence

from slurm_energy.application import Webhook
from slurm_energy.config.power import ClusterPowerSettings
from slurm_energy.config.settings import Settings
from slurm_energy.ports import GridEventSource, PowerMeter
from slurm_energy.power import UNLIMITED, Metered
from slurm_energy.signals.bearer import Bearer
from slurm_energy.signals.eventsfile import EventsFile
from slurm_energy.signals.posted import PostedEvents, PostedTo
from slurm_energy.signals.power import ClusterPower, Power
from slurm_energy.signals.schedule import Recurring, Schedule
from slurm_energy.state.peaks import PeakFile
from slurm_energy.state.posted import PostedFile


def webhook(settings: Settings, names: Sequence[str]) -> Webhook | None:
    """Where events can be posted for the clusters of these names; None: nowhere."""
    place = settings.power.webhook_token
    if place is None:
        return None
    store = PostedFile(settings.daemon.state_directory)
    return Webhook(Bearer(place), PostedEvents(store, names))


def meter(settings: Settings, names: Sequence[str], posted: Webhook | None) -> PowerMeter:
    """Limits with their grid events, and the month's peaks, where any cluster can have one."""
    known = settings.power.clusters
    if not known and posted is None:
        return UNLIMITED
    clusters = {
        name: ClusterPower(
            known[name].limit() if name in known else None,
            [*_configured(settings, known.get(name)), *_posted(posted, name)],
        )
        for name in dict.fromkeys([*known, *names])
    }
    return Metered(Power(clusters), PeakFile(settings.daemon.state_directory))


def _configured(
    settings: Settings, found: ClusterPowerSettings | None
) -> Iterator[GridEventSource]:
    """A cluster's file and its schedule."""
    if found is None:
        return
    if found.events is not None:
        yield EventsFile(found.events)
    if found.schedule:
        rows = [
            Recurring(
                row.band(settings.calendars[row.calendar]), 1000 * row.kw, row.reason, row.hold
            )
            for row in found.schedule
        ]
        yield Schedule(rows, settings.policy.horizon)


def _posted(posted: Webhook | None, cluster: str) -> Iterator[GridEventSource]:
    if posted is not None:
        yield PostedTo(posted.events, cluster, posted.bearer.problem)
