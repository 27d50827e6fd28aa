"""An actuator that only says what it would have done."""

from collections.abc import Sequence

from slurm_energy.model.decision import Fate, Outcome, Update


class Shadow:
    """Implements :class:`~slurm_energy.ports.Actuator`: every update is recorded, none is sent."""

    def apply(self, updates: Sequence[Update]) -> Sequence[Outcome]:
        """One outcome per update, all ``RECORDED``."""
        return [Outcome(update, Fate.RECORDED) for update in updates]
