"""The price curves of the report: what each moment's grid was worth to the policy."""

from collections.abc import Mapping, Sequence

import numpy as np

from slurm_energy.decide.pricing.price import curves
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.policy import Policy
from slurm_energy.simulate.columns import Ints
from slurm_energy.simulate.contender import policy_of
from slurm_energy.simulate.page.load import Floats
from slurm_energy.simulate.scene import Site
from slurm_energy.simulate.sight import foresight
from slurm_energy.simulate.study import Study, priced

Weights = tuple[float, float]
"""Of carbon and of price."""


def effective_prices(found: Study, edges: Ints) -> Mapping[Weights, Sequence[Floats]]:
    """By weights that a class of the trace has, each site's effective price by bin.

    In standard deviations from the mean of the 28 days before each bin and of what lies ahead: the
    planner's own curve, had it seen the truth; without the surcharge of congestion. Nothing for
    published policies, which have none, and for weights that are all 0. Bins that no curve covers
    are not a number.
    """
    if found.outcome is None:
        return {}
    scene, request = found.ground.scene, found.request
    policy = policy_of(request, request.policy, priced=priced(scene))
    present = [WorkloadClass(name) for name in found.judged.policy.by_class]
    kinds = {one: policy.classes[one] for one in present if one in policy.classes}
    by_weights = {(kind.carbon, kind.price): one for one, kind in kinds.items()}
    by_site = [_prices(site, policy, edges) for site in scene.sites]
    return {
        weights: [prices[one] for prices in by_site]
        for weights, one in by_weights.items()
        if any(weights)
    }


def _prices(site: Site, policy: Policy, edges: Ints) -> Mapping[WorkloadClass, Floats]:
    """By class, the mean of its curve over each bin, from the curve of the bin's beginning."""
    longest = int(np.diff(edges).max())
    seen = foresight((site,), max(longest, policy.horizon) + policy.slot)
    known = {one: np.full(len(edges) - 1, np.nan) for one in policy.classes}
    for index, (begin, end) in enumerate(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)):
        told = curves(seen.read(begin)[site.name], policy, begin)
        for name, curve in told.items():
            if curve is not None and len(curve.values):
                covered = curve.values[: max(1, (end - begin) // policy.slot)]
                known[name][index] = covered.mean()
    return known
