"""From the settings of ``[signals]`` to sources: the part of the wiring that knows providers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from urllib.parse import urlsplit

from slurm_energy.config import sources as configured
from slurm_energy.config.settings import Settings
from slurm_energy.model.cooling import Cooling
from slurm_energy.model.policy import Policy
from slurm_energy.model.series import Kind, Signal
from slurm_energy.model.source import SourceState
from slurm_energy.model.timescale import REAL_TIME, TimeScale
from slurm_energy.ports import Chore, SeriesStore, SignalHistory, SignalSource
from slurm_energy.signals.chronicle import Chronicle
from slurm_energy.signals.constant import Constant
from slurm_energy.signals.fetched import Fetched
from slurm_energy.signals.forecast.source import Completed
from slurm_energy.signals.forecast.tournament import Tournament, own_forecasters
from slurm_energy.signals.offer import Provider
from slurm_energy.signals.parquet import parquet_table
from slurm_energy.signals.preferred import Preferred
from slurm_energy.signals.providers import (
    carbonintensity,
    electricitymaps,
    energycharts,
    entsoe,
    gridstatus,
    watttime,
)
from slurm_energy.signals.reading import SeriesSource
from slurm_energy.signals.replay import Replay
from slurm_energy.signals.secret import Secret
from slurm_energy.signals.signalfile import SignalFile, TableReader
from slurm_energy.signals.source import ClusterSources, Signals
from slurm_energy.signals.table import Layout, csv_table
from slurm_energy.signals.tariff import Tariff
from slurm_energy.signals.trial import Candidate, OfProvider, OfSource
from slurm_energy.signals.trust import Trust
from slurm_energy.signals.units import factor
from slurm_energy.signals.web import Web
from slurm_energy.state.scores import ScoreFile
from slurm_energy.state.series import SeriesFiles

LAG = 6 * 3600
"""Seconds for which our forecast goes on where a provider's measured values come late."""


@dataclass(frozen=True, slots=True)
class Told:
    """Where signals come from, and what a leader does now and then to keep their past."""

    source: SignalSource
    states: Callable[[], Sequence[SourceState]]
    """How fetching goes."""
    chores: tuple[Chore, ...] = ()


def signals(settings: Settings, policy: Policy, history: SignalHistory) -> Told:
    """What the providers tell with its past, and a forecast from that where it ends too early.

    A replay is shown at another time than it was measured: it has no past here and no forecast.
    """
    sources = Provided(settings)
    provided, states = sources.signals(), sources.states
    if settings.signals.replay is not None:
        return Told(provided, states)
    chronicle, name = Chronicle(provided, history), settings.signals.forecast
    if not _continues(settings):
        return Told(chronicle, states, (chronicle,))
    own = [one for one in own_forecasters() if name in ("auto", one.name)]
    state = settings.daemon.state_directory
    completed = Completed(
        chronicle, 2 * policy.horizon, lambda name: Tournament(own, ScoreFile(state, name))
    )
    return Told(completed, states, (chronicle,))


def provider(found: configured.Source, signal: Signal) -> tuple[Provider, str] | None:
    """The provider and its address; None for what is no provider: a file, a constant."""
    match found:
        case configured.CarbonIntensityGb():
            national = carbonintensity.CarbonIntensity(found.carbon_intensity_gb)
            return national, found.url or carbonintensity.BASE
        case configured.ElectricityMaps():
            zone = electricitymaps.ElectricityMaps(found.electricity_maps, Secret(found.token))
            return zone, found.url or electricitymaps.BASE
        case configured.WattTime():
            region = watttime.WattTime(found.watttime, found.user, Secret(found.password))
            return region, found.url or watttime.BASE
        case configured.EnergyCharts():
            carbon, price = energycharts.EnergyChartsCarbon, energycharts.EnergyChartsPrice
            shown = carbon if signal is Signal.CARBON else price
            return shown(found.energy_charts), found.url or energycharts.BASE
        case configured.Entsoe():
            of = entsoe.EntsoeCarbon if signal is Signal.CARBON else entsoe.EntsoePrice
            return of(found.entsoe, Secret(found.token)), found.url or entsoe.BASE
        case configured.GridStatus():
            token = Secret(found.token) if found.token else None
            return gridstatus.GridStatus(found.gridstatus, found.location, token), ""
        case _:
            return None


def file_source(found: configured.FileSource, signal: Signal, currency: str) -> SignalFile:
    """The file that a source names, whatever its format."""
    layout = Layout(
        time=found.time,
        value=found.value,
        unit=found.unit,
        fixed_unit=found.fixed_unit,
        currency=currency,
        longest_step=found.longest_step,
    )
    read: TableReader = parquet_table if isinstance(found, configured.ParquetSource) else csv_table
    return SignalFile(found.path, signal, read, layout, _kind(found, signal))


class Provided:
    """Every cluster's sources; clusters with the same provider and zone share what is fetched."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._scale = _scale(settings)
        self._store: SeriesStore = SeriesFiles(settings.daemon.state_directory)
        self._fetched: dict[tuple[Signal, configured.Source], Fetched] = {}

    def signals(self) -> Signals:
        """All of them, each judged by its age."""
        trust = self._trust()
        return Signals(
            {
                name: ClusterSources(
                    carbon=self._preferred(found.carbon, Signal.CARBON, trust),
                    price=self._preferred(found.price, Signal.PRICE, trust),
                    temperature=self._preferred(found.temperature, Signal.TEMPERATURE, trust),
                    cooling=self._cooling(name),
                )
                for name, found in self._settings.signals.clusters.items()
            },
            dict.fromkeys(Signal, trust),
        )

    def _cooling(self, cluster: str) -> Cooling | None:
        costs = self._settings.costs.clusters.get(cluster)
        return None if costs is None else costs.cooling()

    def candidates(self) -> Sequence[Candidate]:
        """Every source, each to be asked by itself."""
        return [
            self._candidate(f"{name}/{signal.name.lower()}/{number}", one, signal)
            for name, found in self._settings.signals.clusters.items()
            for signal, sources in (
                (Signal.CARBON, found.carbon),
                (Signal.PRICE, found.price),
                (Signal.TEMPERATURE, found.temperature),
            )
            for number, one in enumerate(sources, start=1)
        ]

    def _candidate(self, place: str, found: configured.Source, signal: Signal) -> Candidate:
        key, trust = configured.name_of(found), self._trust()
        made = provider(found, signal)
        if made is None:
            where = str(found.path) if isinstance(found, configured.FileSource) else ""
            source = self._source(found, signal)
            return Candidate(place, key, key, where or key, OfSource(source, key, where, trust))
        told, address = made
        web = Web(told.about.name, address)
        host = urlsplit(address).hostname or "its library's own connection"
        currency = self._settings.signals.currency
        asking = OfProvider(told, web, host, currency, trust)
        return Candidate(place, key, told.about.name, told.about.name, asking)

    def states(self) -> Sequence[SourceState]:
        """How fetching goes, by provider and zone."""
        return [one.state() for one in self._fetched.values()]

    def _trust(self) -> Trust:
        stale_after = self._scale.wall(self._settings.signals.stale_after)
        return Trust(stale_after, LAG if _continues(self._settings) else 0)

    def _preferred(
        self, found: Sequence[configured.Source], signal: Signal, trust: Trust
    ) -> SeriesSource | None:
        if len(found) == 1:
            return self._source(found[0], signal)
        if not found:
            return None
        kind = configured.KINDS[found[0].kind] if signal is Signal.CARBON else None
        return Preferred([self._source(one, signal) for one in found], kind, trust.distrust)

    def _source(self, found: configured.Source, signal: Signal) -> SeriesSource:
        if isinstance(found, configured.Constant):
            return Constant(signal, found.constant, _kind(found, signal))
        if isinstance(found, configured.FileSource):
            return self._played(file_source(found, signal, self._settings.signals.currency))
        if isinstance(found, configured.Tariff):
            return self._played(self._tariff(found.tariff))
        return self._provided(found, signal)

    def _tariff(self, name: str) -> Tariff:
        terms, currency = self._settings.tariffs[name], self._settings.signals.currency
        per_mwh = factor(Signal.PRICE, terms.unit, currency)
        return Tariff(name, terms.prices(self._settings.calendars).times(per_mwh))

    def _provided(self, found: configured.Source, signal: Signal) -> SeriesSource:
        key = (signal, found)
        if key not in self._fetched:
            made = provider(found, signal)
            if made is None:
                raise TypeError(f"{configured.name_of(found)} is no provider")
            told, address = made
            web = Web(told.about.name, address)
            currency = self._settings.signals.currency
            # Jitter, not secrets; every daemon its own.
            self._fetched[key] = Fetched(told, web, self._store, currency, Random())  # noqa: S311
        return self._fetched[key]

    def _played(self, source: SeriesSource) -> SeriesSource:
        return source if self._scale is REAL_TIME else Replay(source, self._scale)


def _continues(settings: Settings) -> bool:
    """Whether a forecast of ours goes on where a provider ends; a replay is never continued."""
    return settings.signals.forecast != "off" and settings.signals.replay is None


def _kind(found: configured.Constant | configured.FileSource, signal: Signal) -> Kind | None:
    return configured.KINDS[found.kind] if signal is Signal.CARBON else None


def _scale(settings: Settings) -> TimeScale:
    shown = settings.signals.replay
    if shown is None:
        return REAL_TIME
    return TimeScale(shown.start.timestamp(), shown.at.timestamp(), shown.speed)
