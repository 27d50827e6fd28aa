"""Price curves worked out once for a slot and its signals: turns in between see the same ones."""

from collections.abc import Mapping

from slurm_energy.decide.pricing.price import Curve, curves
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.policy import Policy
from slurm_energy.model.rates import MachinePrice
from slurm_energy.model.series import ClusterSignals

Curves = Mapping[WorkloadClass, Curve | None]


class CurveBook:
    """The last curves of each cluster."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._known: dict[str, tuple[ClusterSignals, MachinePrice | None, int, Curves]] = {}

    def of(
        self,
        cluster: str,
        signals: ClusterSignals,
        now: int,
        hours: MachinePrice | None = None,
    ) -> Curves:
        """The curve of each class as seen from the start of the slot that holds ``now``."""
        slot = now - now % self._policy.slot
        known = self._known.get(cluster)
        if known is None or known[:3] != (signals, hours, slot):
            known = signals, hours, slot, curves(signals, self._policy, slot, hours)
            self._known[cluster] = known
        return known[3]
