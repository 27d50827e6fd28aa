"""What the configuration is built into: all that daemon and command line need, and no more.

:mod:`slurm_energy.wiring` returns these values; nothing here knows how they came about.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from slurm_energy.cycle import Cycle
from slurm_energy.model.decision import Decision
from slurm_energy.model.job import JobKey
from slurm_energy.model.report import KnownJob, Recorded
from slurm_energy.model.source import SourceState
from slurm_energy.ports import Actuator, Annotator, Clock, HeldStore, QueueReader
from slurm_energy.signals.bearer import Bearer
from slurm_energy.signals.posted import PostedEvents
from slurm_energy.state.released import Released


class Memory(Protocol):
    """What ``explain`` asks of the ledger, and what a release leaves there, from any thread."""

    def find(self, job_id: int) -> Sequence[KnownJob]:
        """Jobs that had this id, newest first. Raises ``LedgerError``."""

    def recorded(self, key: JobKey, limit: int = 50) -> Sequence[Recorded]:
        """A job's recorded decisions, newest first. Raises ``LedgerError``."""

    def last_decisions(self, keys: Sequence[JobKey]) -> Mapping[JobKey, Recorded]:
        """The newest recorded decision of each of these jobs. Raises ``LedgerError``."""

    def note(self, at: int, decisions: Sequence[Decision]) -> None:
        """Append what was not decided in a turn: a person's release. Raises ``LedgerError``."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Who may post grid events, and where they go."""

    bearer: Bearer
    events: PostedEvents


@dataclass(frozen=True, slots=True)
class Application:
    """One configuration, ready to run. Nothing is opened before the first turn or question."""

    cycle: Cycle
    memory: Memory
    released: Released
    socket: Path
    listen: tuple[str, int] | None
    """Loopback address and port of metrics and webhook; None: none."""
    may_see_all: Callable[[int], bool]
    """Whether this uid may see other users' jobs: PrivateData, root, SlurmUser, Operators."""
    restarts: Callable[[], Mapping[str, int]]
    """Slurm worker processes started again after a hang or crash, by cluster."""
    backlog: Callable[[], int]
    """Rows that wait for the ledger's database."""
    sources: Callable[[], Sequence[SourceState]]
    """How fetching from each provider of signals goes."""
    keep: Callable[[], None]
    """Remember its file as the last that was valid; called once it serves."""
    close: Callable[[], None]
    """Stop what was started; called once, after the last turn."""
    webhook: Webhook | None = None
    """Where grid events are posted to us, on ``listen``; None: nowhere."""


class Build(Protocol):
    """From a configuration file to an application."""

    def __call__(self, config: Path, number: int = 0) -> Application:
        """The application, its first turn being ``number`` + 1.

        Raises ``ConfigError`` with every problem. Opens nothing, so that a running application
        can stay until this one is known to be good.
        """


@dataclass(frozen=True, slots=True)
class Hands:
    """What ``release`` needs: Slurm itself, and no daemon or database."""

    config: Path
    """The file that holds: the last valid one where the present one is broken."""
    clock: Clock
    readers: Mapping[str, QueueReader]
    actuators: Mapping[str, Actuator]
    annotate: Annotator
    held: HeldStore
    """The ledger's while it answers, else the local copy."""
    released: Released
    table_off: Callable[[int], None]
    """Write the submit hook's table with mode off, from this moment on and without an end."""
    close: Callable[[], None]
