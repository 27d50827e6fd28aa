"""What a bound minimises: carbon, price, or a blend of both, at each site over time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slurm_energy.errors import InputError
from slurm_energy.model.series import Series
from slurm_energy.simulate.columns import Columns
from slurm_energy.simulate.draw import job_kw
from slurm_energy.simulate.integral import Integral, integral
from slurm_energy.simulate.scene import Scene
from slurm_energy.simulate.schedule import Schedule

KILO = 1000.0

HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Objective:
    """The price of a kWh at each site over time, as running integrals."""

    name: str
    unit: str
    """What the objective of a schedule is told in."""
    sites: tuple[Integral, ...]
    """By site; value per kWh."""


def carbon(scene: Scene) -> Objective:
    """Kilograms of CO2eq."""
    grams = [integral(site.carbon) for site in scene.sites]
    return Objective("carbon", "kg", tuple(_scaled(one, 1 / KILO) for one in grams))


def price(scene: Scene) -> Objective:
    """The cost of energy, in the price's currency. Raises ``InputError`` without prices."""
    known = [integral(one) for one in _prices(scene)]
    return Objective("price", "currency", tuple(_scaled(one, 1 / KILO) for one in known))


def blend(scene: Scene, carbon_weight: float) -> Objective:
    """Both signals in standard deviations from their mean over the scene, weighed and summed.

    ``carbon_weight`` from 0 to 1, the price has the rest. Raises ``InputError`` without prices.
    """
    grams = _standardised(scene, [site.carbon for site in scene.sites])
    costs = _standardised(scene, _prices(scene))
    sites = tuple(
        _summed(_scaled(one, carbon_weight), _scaled(other, 1 - carbon_weight))
        for one, other in zip(grams, costs, strict=True)
    )
    return Objective(f"{carbon_weight:g} carbon and the rest price", "deviations", sites)


def worth(scene: Scene, jobs: Columns, schedule: Schedule, objective: Objective) -> float:
    """What a schedule comes to, in the objective's unit; active power only."""
    row, total = jobs.rows(schedule.job), 0.0
    for index, site in enumerate(scene.sites):
        at = schedule.site == index
        kw = job_kw(site.machines, schedule.units[at], jobs.cpus[row[at]])
        spans = objective.sites[index].between(schedule.start[at], schedule.end[at])
        total += float(kw @ spans) / HOUR
    return total


def _prices(scene: Scene) -> Sequence[Series]:
    absent = [site.name for site in scene.sites if site.price is None]
    if absent:
        raise InputError(f"site {absent[0]} has no price: give one, or weigh carbon alone")
    return [site.price for site in scene.sites if site.price is not None]


def _standardised(scene: Scene, signals: Sequence[Series]) -> Sequence[Integral]:
    """All sites on one scale, so that a cleaner site stays cleaner; a flat signal is all 0."""
    known = [_cut(integral(one), scene) for one in signals]
    lengths = np.concatenate([np.diff(one.edges) for one in known])
    values = np.concatenate([_values(one) for one in known])
    mean = float(np.average(values, weights=lengths))
    spread = float(np.sqrt(np.average((values - mean) ** 2, weights=lengths)))
    return [_integral(one.edges, (_values(one) - mean) / (spread or 1.0)) for one in known]


def _cut(one: Integral, scene: Scene) -> Integral:
    inside = one.edges[(one.edges > scene.start) & (one.edges < scene.end)]
    edges = np.concatenate(([scene.start], inside, [scene.end])).astype(np.float64)
    return Integral(edges, one.until(edges))


def _summed(one: Integral, other: Integral) -> Integral:
    edges = np.union1d(one.edges, other.edges)
    return Integral(edges, one.until(edges) + other.until(edges))


def _scaled(one: Integral, factor: float) -> Integral:
    return Integral(one.edges, one.total * factor)


def _values(one: Integral) -> NDArray[np.float64]:
    return np.diff(one.total) / np.diff(one.edges)


def _integral(edges: NDArray[np.float64], values: NDArray[np.float64]) -> Integral:
    return Integral(edges, np.concatenate(([0.0], np.cumsum(values * np.diff(edges)))))
