"""What the site's policy makes of the signals for one job, for ``explain``."""

from collections.abc import Mapping

from slurm_energy.model.contract import Contract
from slurm_energy.model.policy import Policy


def weight_terms(policy: Policy, contract: Contract) -> Mapping[str, float]:
    """By what its class weighs carbon and price, its sensitivity both, and the least gain.

    Its effective price is ``sensitivity_factor`` times the sum of each weight times its signal in
    standard deviations; the price on delay is told beside the starts.
    """
    kind = policy.classes[contract.workload_class]
    return {
        "weight_carbon": kind.carbon,
        "weight_price": kind.price,
        "sensitivity_factor": policy.sensitivity[contract.sensitivity],
        "least_gain": policy.least_gain,
    }
