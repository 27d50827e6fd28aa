"""What is spent of each cluster's budgets, from turn to turn and from one lead to the next."""

from slurm_energy.errors import LedgerError
from slurm_energy.model.budget import Spent
from slurm_energy.ports import SpentStore
from slurm_energy.turn import Turn


class Purse:
    """What is spent; ``bound`` tells whether the site has any budget at all."""

    def __init__(self, store: SpentStore, *, bound: bool) -> None:
        self.spent: dict[str, Spent] = {}
        """By cluster."""
        self._store = store
        self._bound = bound
        self._recalled = False

    def begin(self, *, goes_on: bool) -> None:
        """A turn begins; only who ``goes_on`` leading knows what he knew."""
        self._recalled = self._recalled and goes_on

    def of(self, cluster: str) -> Spent:
        """What this cluster has spent."""
        return self.spent.get(cluster, Spent())

    def recall(self, turn: Turn) -> bool:
        """Whether what is spent of the budgets is known; until then nothing new is put off."""
        if self._recalled or not self._bound:
            return True
        try:
            self.spent = dict(self._store.load())
        except LedgerError as error:
            turn.problems.append(str(error))
            return False
        self._recalled = turn.leading
        return True

    def keep(self, turn: Turn) -> None:
        """What is spent of the budgets; while the database is away nothing new is put off."""
        if self._recalled:
            try:
                self._store.save(self.spent)
            except LedgerError as error:
                turn.problems.append(str(error))
