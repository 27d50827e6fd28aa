"""What a cluster tells the others of its federation."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from slurm_energy.model.decision import Update
    from slurm_energy.simulate.cluster.controller import Controller
    from slurm_energy.simulate.cluster.records import Record


class Peers(Protocol):
    """The rest of the federation, as one of its clusters sees it."""

    def started(self, here: "Controller", record: "Record") -> None:
        """The job runs here: nobody else may start it."""

    def ended(self, here: "Controller", record: "Record") -> None:
        """The job is over."""

    def requeued(self, here: "Controller", record: "Record") -> None:
        """The job waits here again."""

    def changed(self, here: "Controller", record: "Record", update: "Update") -> None:
        """Fields of the pending job were changed here."""


class Alone:
    """A cluster outside any federation."""

    def started(self, here: "Controller", record: "Record") -> None:
        """Nobody to tell."""

    def ended(self, here: "Controller", record: "Record") -> None:
        """Nobody to tell."""

    def requeued(self, here: "Controller", record: "Record") -> None:
        """Nobody to tell."""

    def changed(self, here: "Controller", record: "Record", update: "Update") -> None:
        """Nobody to tell."""
