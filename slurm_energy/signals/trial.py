"""A source asked once, in the foreground: what came back, or the one line that says why not."""

from collections.abc import Callable
from dataclasses import dataclass

from slurm_energy.errors import ProviderError, SeriesError
from slurm_energy.model.series import Series
from slurm_energy.signals.door import admit
from slurm_energy.signals.offer import Provider
from slurm_energy.signals.reading import SeriesSource
from slurm_energy.signals.table import usual_step
from slurm_energy.signals.trust import Trust
from slurm_energy.signals.web import Web

BACK = 86_400
"""Seconds of the past that are asked for: what the daemon asks for each time but the first."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What one source told."""

    name: str
    """Provider and zone, or what kind of file it is."""
    where: str
    """The host that was asked, or the file."""
    series: Series | None = None
    """None: nothing that can be used."""
    rows: int = 0
    """Values in the answer."""
    unit: str = ""
    """As the source tells it."""
    resolution: int | None = None
    """Seconds a value holds; None: no end is told."""
    licence: str = ""
    problems: tuple[str, ...] = ()
    """One line each; with a series: what is wrong beside it."""

    @property
    def sound(self) -> bool:
        """Whether the daemon would use it now."""
        return self.series is not None and not self.problems


@dataclass(frozen=True, slots=True)
class Candidate:
    """A configured source that can be tried."""

    place: str
    """``CLUSTER/SIGNAL/NUMBER``; the number is its place in the order of preference, from 1."""
    key: str
    """Its key in the configuration, such as ``energy_charts``."""
    name: str
    shown: str
    """What it is called where it tells a problem: its name, or its file."""
    ask: Callable[[int], Trial]
    """Asks once, at a moment in epoch seconds; may wait, never raises for the source."""


@dataclass(frozen=True, slots=True)
class OfProvider:
    """Asks a provider as the daemon does, and judges the answer at the same door."""

    provider: Provider
    web: Web
    host: str
    currency: str
    trust: Trust

    def __call__(self, now: int) -> Trial:
        """What it told. Never raises."""
        about = self.provider.about
        try:
            offer = self.provider.fetch(self.web, now - BACK, now)
            reading = admit(offer, about, self.currency, now)
        except ProviderError as error:
            return self._failed(str(error))
        except SeriesError as error:
            return self._failed(f"{about.name}: {error}")
        except Exception as error:  # noqa: BLE001 - a provider's own client may raise anything
            return self._failed(f"{about.name}: {type(error).__name__} in its client: {error}")
        return Trial(
            name=about.name,
            where=self.host,
            series=reading.series,
            rows=sum(point.value is not None for point in offer.points),
            unit=offer.unit,
            resolution=offer.resolution or about.resolution,
            licence=about.licence,
            problems=(*reading.problems, *_doubts(reading.series, self.trust, now)),
        )

    def _failed(self, problem: str) -> Trial:
        about = self.provider.about
        return Trial(about.name, self.host, licence=about.licence, problems=(problem,))


@dataclass(frozen=True, slots=True)
class OfSource:
    """Reads a file or a constant."""

    source: SeriesSource
    name: str
    where: str
    trust: Trust

    def __call__(self, now: int) -> Trial:
        """What it told. Never raises."""
        reading = self.source.read(now)
        series = reading.series
        if series is None:
            return Trial(self.name, self.where, problems=reading.problems)
        times = series.times
        return Trial(
            name=self.name,
            where=self.where,
            series=series,
            rows=len(times),
            unit=series.signal.value,
            resolution=usual_step(times) or None,
            problems=(*reading.problems, *_doubts(series, self.trust, now)),
        )


def _doubts(series: Series | None, trust: Trust, now: int) -> tuple[str, ...]:
    doubt = None if series is None else trust.distrust(series, now)
    return () if doubt is None else (doubt,)
