"""The frontier of weights: carbon against cost saved, from price alone to carbon alone.

Each weight is played by our own cycle as the request says, and has the clairvoyant optimum of the
same weight beside it (:func:`~slurm_energy.simulate.objective.blend`).
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

from slurm_energy.errors import InputError
from slurm_energy.model.policy import Policy
from slurm_energy.simulate.bound import bound
from slurm_energy.simulate.contender import ours
from slurm_energy.simulate.judge import Judged
from slurm_energy.simulate.objective import blend
from slurm_energy.simulate.request import Request
from slurm_energy.simulate.run import Progress
from slurm_energy.simulate.score import Score, score

WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Of carbon; the price has the rest."""


class Weighed(NamedTuple):
    """What one weight saves, in percent of the baseline; None: not known."""

    carbon_weight: float
    carbon_saved_percent: float | None
    energy_cost_saved_percent: float | None
    mean_delay_hours: float
    bound_carbon_saved_percent: float | None
    bound_energy_cost_saved_percent: float | None


def weighing(policy: Policy, carbon: float) -> Policy:
    """``policy`` with its weight on energy parted anew: this share to carbon, the rest to price.

    A class that weighs neither signal still weighs neither.
    """
    classes = {
        name: replace(
            kind,
            carbon=carbon * (kind.carbon + kind.price),
            price=(1 - carbon) * (kind.carbon + kind.price),
        )
        for name, kind in policy.classes.items()
    }
    return replace(policy, classes=classes)


def weighed(
    judged: Judged, request: Request, policy: Policy, tell: Callable[[str], Progress | None]
) -> Iterator[Weighed]:
    """A play of our own cycle for each of ``WEIGHTS``; every site needs a price."""
    scene = judged.scene
    for weight in WEIGHTS:
        label = f"weight of carbon {weight:g}"
        outcome = ours(scene, request, label, weighing(policy, weight), tell(label))
        found = score(scene, outcome.schedule, outcome.dark, judged.until)
        carbon, cost = _saved(judged.baseline, found)
        delay = found.all.mean_delay_hours
        best = _saved(judged.baseline, _best(judged, weight))
        yield Weighed(weight, carbon, cost, delay, *best)


def _best(judged: Judged, weight: float) -> Score | None:
    """The clairvoyant optimum of a weight; None where there is none."""
    scene = judged.scene
    try:
        found = bound(scene, judged.baseline, blend(scene, weight))
    except InputError:
        return None
    return score(scene, found.schedule, until=judged.until)


def _saved(without: Score, found: Score | None) -> tuple[float | None, float | None]:
    """Percent of carbon and of cost."""
    if found is None:
        return None, None
    before, after = without.all, found.all
    return (
        _percent(before.carbon_kg, after.carbon_kg),
        _percent(before.energy_cost, after.energy_cost),
    )


def _percent(without: float | None, found: float | None) -> float | None:
    if without is None or found is None or without <= 0:
        return None
    return 100 * (1 - found / without)
