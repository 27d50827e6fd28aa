"""The table of now: classes whose jobs the submit hook holds off until we have seen them."""

from collections.abc import Mapping, Sequence

import numpy as np

from slurm_energy.decide.market.starts import Asks, best_starts
from slurm_energy.decide.pricing.price import Curve
from slurm_energy.decide.pricing.prices import side_by_side
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.lease import Lease
from slurm_energy.model.policy import Policy


def leases(
    curves: Mapping[WorkloadClass, Curve | None],
    max_delays: Mapping[WorkloadClass, int],
    policy: Policy,
    now: int,
) -> Sequence[Lease]:
    """The classes for which a later start is better now, asked as an ordinary job would.

    ``max_delays``: seconds by class as the site grants them; 0 is never deferred. Whatever a
    single job then turns out to be, its lease lapses within two cycles.
    """
    found = []
    for workload_class, curve in curves.items():
        delay = max_delays.get(workload_class, 0)
        if curve is None or len(curve.values) == 0 or delay <= 0:
            continue
        until = _until(curve, delay, policy.classes[workload_class].delay, policy, now)
        if until > now:
            found.append(Lease(workload_class, until))
    return found


def _until(curve: Curve, delay: int, delay_price: float, policy: Policy, now: int) -> int:
    prices = side_by_side([curve], [1.0], len(curve.values))
    length = min(max(1, -(-policy.typical_run // curve.slot)), len(curve.values))
    first = prices.slot_of(now)
    last = min((now + delay - prices.start) // prices.slot, len(curve.values) - length)
    zero = np.zeros(1, dtype=np.int64)
    ask = Asks(
        curve=zero,
        shape=zero,
        first=zero + first,
        last=zero + last,
        kept=zero - 1,
        delay=np.array([delay_price / length]),
        units=np.ones(1),
    )
    start = int(best_starts(prices, np.ones((1, length)), ask, policy.least_gain).start[0])
    return prices.time_of(start) if start > first else now
