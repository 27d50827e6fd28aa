"""How fetching from a provider goes: what doctor, metrics and ``signals`` tell of it."""

from dataclasses import dataclass

from slurm_energy.model.series import Signal


@dataclass(frozen=True, slots=True)
class SourceState:
    """One provider's signal of one zone, since the daemon started. Times in epoch seconds."""

    name: str
    """Provider and zone."""
    signal: Signal
    fetches: int
    """Answers that were used."""
    failures: int
    """Tries that brought none."""
    failing_since: int | None
    """Since when every try failed; None: the last one did not, or there was none yet."""
    problem: str
    """What went wrong last, with the cure, in one line; empty: nothing."""
    refused: bool
    """Whether it said no, to the token, the plan or the zone: trying again alone helps nothing."""
    clock_ahead: int | None
    """Seconds that the provider's clock is ahead of ours; None: it was not told."""

    @property
    def up(self) -> bool | None:
        """Whether the last try was answered; None before the first."""
        if self.fetches + self.failures == 0:
            return None
        return self.failing_since is None
