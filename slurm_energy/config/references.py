"""Names in one table of the file that another table must hold: the first that it lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slurm_energy.config.sources import Tariff
from slurm_energy.config.timeofuse import unknown_calendar

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from slurm_energy.config.settings import Settings


def misfit(settings: Settings) -> str | None:
    """What does not fit together, in one line; None where all does."""
    return next(_misfits(settings), None)


def strangers(settings: Settings, known: Collection[str]) -> Iterator[str]:
    """Where a cluster is named that is none of ``known``, such as ``signals.clusters.eats``."""
    for where, names in (
        ("signals.clusters", settings.signals.clusters),
        ("slurm.conf", settings.slurm.conf),
        ("power.clusters", settings.power.clusters),
        ("costs.clusters", settings.costs.clusters),
    ):
        yield from (f"{where}.{name}" for name in names if name not in known)


def _misfits(settings: Settings) -> Iterator[str]:
    yield from _tariffs(settings)
    yield from _uses_of_tariffs(settings)
    yield from _rates(settings)
    yield from _temperatures(settings)
    yield from _schedules(settings)


def _tariffs(settings: Settings) -> Iterator[str]:
    for name, tariff in settings.tariffs.items():
        if fault := unknown_calendar(tariff.bands, settings.calendars):
            yield f"tariffs.{name}.{fault}"
        counted = settings.signals.currency
        if tariff.currency() not in (None, counted):
            yield (
                f"tariffs.{name}.unit = {tariff.unit!r}: the site counts in {counted} "
                "(signals.currency); convert the tariff"
            )


def _uses_of_tariffs(settings: Settings) -> Iterator[str]:
    for name, sources in settings.signals.clusters.items():
        for source in sources.price:
            if isinstance(source, Tariff) and source.tariff not in settings.tariffs:
                allowed = ", ".join(settings.tariffs) or "none is there"
                yield (
                    f"signals.clusters.{name}.price.tariff = {source.tariff!r} is none of "
                    f"[tariffs]: {allowed}; add [tariffs.{source.tariff}]"
                )


def _rates(settings: Settings) -> Iterator[str]:
    """Rates add to a price of energy."""
    for name, costs in settings.costs.clusters.items():
        for where, rates in costs.all_rates().items():
            if fault := unknown_calendar(rates.bands, settings.calendars):
                yield f"costs.clusters.{name}.{where}.{fault}"
        sources = settings.signals.clusters.get(name)
        if costs.all_rates() and (sources is None or not sources.price):
            yield (
                f"costs.clusters.{name}: rates add to a price of energy; add "
                f"signals.clusters.{name}.price, such as {{ constant = 90 }}"
            )


def _temperatures(settings: Settings) -> Iterator[str]:
    """A PUE curve and a temperature need each other."""
    curved = {name for name, costs in settings.costs.clusters.items() if costs.pue_curve}
    told = {name for name, one in settings.signals.clusters.items() if one.temperature}
    for name in sorted(curved ^ told):
        yield (
            f"costs.clusters.{name}.pue_curve and signals.clusters.{name}.temperature need each "
            "other; add the missing one or remove the other"
        )


def _schedules(settings: Settings) -> Iterator[str]:
    for name, cluster in settings.power.clusters.items():
        for row in cluster.schedule:
            if row.calendar not in settings.calendars:
                allowed = (
                    ", ".join(settings.calendars) or f"none yet, add [calendars.{row.calendar}]"
                )
                where = f"power.clusters.{name}.schedule: {row.calendar}"
                yield f"{where} is none of calendars; allowed: {allowed}"
