"""Which decisions of a turn are new: the ledger keeps changes, not repetitions."""

from collections.abc import Iterator
from operator import attrgetter

import numpy as np

from slurm_energy.decide.columns.coded import ACTIONS, REASONS, Coded
from slurm_energy.errors import LedgerError
from slurm_energy.model.decision import Action, Decision, Reason
from slurm_energy.model.job import JobKey
from slurm_energy.ports import Ledger
from slurm_energy.turn import Turn

_key = attrgetter("key")


class News:
    """What was said of each job last."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._said: dict[JobKey, int] = {}
        """Action and reason as one number."""

    def of(self, turn: Turn, *, led: bool) -> Iterator[Decision]:
        """Decisions whose action or reason is new; a new lead goes on from what was recorded.

        ``led``: whether we led the turn before. A decision is made when it is taken from here.
        """
        before = self._said if led else self._recorded(turn)
        self._said = {key: one for key, one in before.items() if key.cluster not in turn.plans}
        fresh = []
        for plan in turn.plans.values():
            keys = list(map(_key, plan.subjects))
            codes = _codes(plan.actions, plan.reasons)
            self._said.update(zip(keys, codes, strict=True))
            said = map(before.get, keys)
            fresh += [(plan, row) for row, one in enumerate(said) if one != codes[row]]
        return (plan.decision(row, turn.number) for plan, row in fresh)

    def _recorded(self, turn: Turn) -> dict[JobKey, int]:
        """What the ledger says of the present jobs; nothing while it is away."""
        keys = [subject.key for plan in turn.plans.values() for subject in plan.subjects]
        try:
            last = self._ledger.last_decisions(keys)
        except LedgerError:
            return {}
        decided = [one.decision for one in last.values()]
        actions, reasons = Coded(ACTIONS), Coded(REASONS)
        codes = _codes(
            actions.more(one.action for one in decided), reasons.more(one.reason for one in decided)
        )
        return dict(zip(last, codes, strict=True))


def _codes(actions: Coded[Action], reasons: Coded[Reason]) -> list[int]:
    """A number by row that tells action and reason."""
    return list((actions.codes.astype(np.int64) * len(REASONS) + reasons.codes).tolist())
