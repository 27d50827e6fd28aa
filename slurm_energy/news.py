"""Which decisions of a turn are new: the ledger keeps changes, not repetitions."""

from collections.abc import Iterator

from slurm_energy.errors import LedgerError
from slurm_energy.model.decision import Action, Decision, Reason
from slurm_energy.model.job import JobKey
from slurm_energy.ports import Ledger
from slurm_energy.turn import Turn


class News:
    """What was said of each job last."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._said: dict[JobKey, tuple[Action, Reason]] = {}

    def of(self, turn: Turn, *, led: bool) -> Iterator[Decision]:
        """Decisions whose action or reason is new; a new lead goes on from what was recorded.

        ``led``: whether we led the turn before.
        """
        if not led:
            self._said = self._recorded(turn)
        said = {key: one for key, one in self._said.items() if key.cluster not in turn.plans}
        for plan in turn.plans.values():
            for row, subject in enumerate(plan.subjects):
                said[subject.key] = now = (plan.actions[row], plan.reasons[row])
                if self._said.get(subject.key) != now:
                    yield plan.decision(row, turn.number)
        self._said = said

    def _recorded(self, turn: Turn) -> dict[JobKey, tuple[Action, Reason]]:
        """What the ledger says of the present jobs; nothing while it is away."""
        keys = [subject.key for plan in turn.plans.values() for subject in plan.subjects]
        try:
            last = self._ledger.last_decisions(keys)
        except LedgerError:
            return {}
        return {key: (one.decision.action, one.decision.reason) for key, one in last.items()}
