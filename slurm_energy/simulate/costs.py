"""Costs beside the price of energy: PUE in the signals, and what a schedule's machines cost."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from slurm_energy.config.load import load
from slurm_energy.config.settings import Settings
from slurm_energy.config.sources import Constant, FileSource
from slurm_energy.decide.pricing.effective import effective
from slurm_energy.errors import InputError, SeriesError
from slurm_energy.model.rates import ClusterRates, Rates
from slurm_energy.model.series import FOR_EVER, ClusterSignals, Series, Signal
from slurm_energy.model.timeofuse import TimeOfUse
from slurm_energy.simulate.columns import columns
from slurm_energy.simulate.integral import Integral, integral
from slurm_energy.simulate.judge import Judged
from slurm_energy.simulate.scene import Scene, Site
from slurm_energy.simulate.schedule import Schedule
from slurm_energy.simulate.score import Score
from slurm_energy.simulate.steps import steps
from slurm_energy.wiring_signals import file_source

HOUR = 3600.0


def with_costs(sites: Sequence[Site], path: Path) -> Sequence[Site]:
    """The sites with the costs that a configuration file names for them; PUE is in the signals.

    Raises ``ConfigError``, and ``InputError`` for a file that has nothing for any of them.
    """
    settings = load(path)
    if not any(site.name in settings.costs.clusters for site in sites):
        names = ", ".join(site.name for site in sites)
        raise InputError(f"{path}: [costs.clusters] has no entry for {names}; add one")
    return [_with_costs(site, settings) for site in sites]


def _with_costs(site: Site, settings: Settings) -> Site:
    costs = settings.costs.clusters.get(site.name)
    if costs is None:
        return site
    if costs.all_rates() and site.price is None:
        raise InputError(f"rates of {site.name} add to a price of energy; give --price as well")
    rates = costs.cluster_rates(settings.calendars, settings.power.cpu_watts)
    cooling = costs.cooling()
    if cooling is None:
        return replace(site, rates=rates)
    pue = cooling.pue(_outside(site.name, settings), 0)
    known = effective(ClusterSignals(site.carbon, site.price, (), pue))
    return replace(
        site, carbon=known.carbon or site.carbon, price=known.price, pue=pue, rates=rates
    )


def _outside(name: str, settings: Settings) -> Series | None:
    """The recorded temperature; None where PUE does not depend on it."""
    sources = settings.signals.clusters.get(name)
    found = () if sources is None else sources.temperature
    for source in found:
        if isinstance(source, Constant):
            always = (0,), (source.constant,), FOR_EVER
            return Series(Signal.TEMPERATURE, *always, 0, "constant")
        if isinstance(source, FileSource):
            read = file_source(source, Signal.TEMPERATURE, settings.signals.currency).read(0)
            if read.series is None:
                raise SeriesError("; ".join(read.problems))
            return read.series
    return None


def costs(
    judged: Judged, sides: Mapping[str, tuple[Score, Schedule]]
) -> Mapping[str, Mapping[str, float | None]]:
    """PUE by site, and each side's energy, machines and both; empty where no site names costs."""
    scene = judged.scene
    if all(site.pue is None and site.rates == ClusterRates() for site in scene.sites):
        return {}
    found: dict[str, Mapping[str, float | None]] = {
        "pue": {site.name: _mean(site.pue, scene) for site in scene.sites}
    }
    for name, (score, schedule) in sides.items():
        energy, machines = score.all.energy_cost, compute_cost(scene, schedule, judged.until)
        total = None if energy is None or machines is None else energy + machines
        found[name] = {
            "energy_cost": energy,
            "compute_cost": machines,
            "total_cost": total,
        }
    return found


def _mean(pue: Series | None, scene: Scene) -> float | None:
    if pue is None:
        return None
    return float(integral(pue).between(scene.start, scene.end)) / (scene.end - scene.start)


def compute_cost(scene: Scene, schedule: Schedule, until: int) -> float | None:
    """What the machines cost by the hour; None where no site has rates.

    Reservations are paid from the scene's start ``until`` a moment, used or not.
    """
    if all(site.rates == ClusterRates() for site in scene.sites):
        return None
    jobs = columns(scene.jobs)
    row = jobs.rows(schedule.job)
    partition = np.array([job.partition for job in scene.jobs], dtype=np.str_)[row]
    total = 0.0
    for index, site in enumerate(scene.sites):
        here = schedule.site == index
        own = np.isin(partition, list(site.rates.partitions))
        tables = [(site.rates.usual, here & ~own)]
        tables += [(one, here & (partition == name)) for name, one in site.rates.partitions.items()]
        for rates, mine in tables:
            if rates is not None:
                total += _cost(rates, schedule, jobs.cpus[row], mine, (scene.start, until))
    return total


def _cost(
    rates: Rates,
    schedule: Schedule,
    cpus: NDArray[np.int64],
    mine: NDArray[np.bool_],
    period: tuple[int, int],
) -> float:
    """CPUs, GPUs beyond the reservation on demand, and the reservation itself."""
    start, end, units = (column[mine] for column in (schedule.start, schedule.end, schedule.units))
    span = min(period[0], *start.tolist(), period[1]), max(period[1], *end.tolist(), period[0] + 1)
    by_cpu, by_gpu = (_running(prices, span) for prices in (rates.cpu_hour, rates.gpu_hour))
    paid = float(cpus[mine] @ by_cpu.between(start, end))
    used = steps(start, end, units)
    beyond = np.maximum(0.0, used.values[:-1] - rates.reserved)
    paid += float(beyond @ by_gpu.between(used.times[:-1], used.times[1:]))
    reserved = rates.reserved * rates.reserved_gpu_hour * (period[1] - period[0])
    return (paid + reserved) / HOUR


def _running(prices: TimeOfUse, span: tuple[int, int]) -> Integral:
    times, values = prices.steps(*span)
    return integral(Series(Signal.GPU_HOUR, times, values, span[1], span[0], "rates"))
