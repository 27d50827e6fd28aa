"""The daemon's two listening doors: the query socket and the loopback page."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from slurm_energy.application import Application
from slurm_energy.errors import ConfigError
from slurm_energy.ports import Clock
from slurm_energy.service.board import Board
from slurm_energy.service.gridevents import GridEventDesk
from slurm_energy.service.loopback import LoopbackServer
from slurm_energy.service.metrics import Scrape
from slurm_energy.service.questions import Desk
from slurm_energy.service.server import QueryServer


class _Door(Protocol):
    def open(self) -> None: ...

    def close(self) -> None: ...


class Doors:
    """Open from the first :meth:`serve` to :meth:`close`; each new application is shown at once.

    ``told`` is called, from any thread, with one line for each grid event that comes or goes.
    """

    def __init__(
        self, application: Application, board: Board, clock: Clock, told: Callable[[str], None]
    ) -> None:
        self._desk = Desk(application, board, clock)
        self._scrape = Scrape(board, lambda: self._desk.application, clock)
        self._events = GridEventDesk(lambda: self._desk.application.webhook, clock, told)
        self._open: dict[str, tuple[object, _Door]] = {}

    def serve(self, application: Application) -> None:
        """Answer from this application, and listen where it says; unchanged doors stay open.

        Raises ``ConfigError`` naming what can't be listened on; the doors are as before then.
        """
        self._change("socket", application.socket, self._query(application.socket))
        listen = application.listen
        page = None if listen is None else LoopbackServer(listen, self._scrape, self._events)
        self._change("metrics", listen, page)
        self._desk.application = application

    def close(self) -> None:
        """Close both."""
        for _, door in self._open.values():
            door.close()
        self._open.clear()

    def _query(self, path: Path) -> QueryServer:
        return QueryServer(path, self._desk.answer)

    def _change(self, name: str, where: object, door: _Door | None) -> None:
        before = self._open.get(name)
        if before is not None and before[0] == where:
            return
        if door is not None:
            try:
                door.open()
            except (OSError, OverflowError) as error:
                raise ConfigError([f"{name}: can't listen on {where}: {error}"]) from error
        if before is not None:
            before[1].close()
            del self._open[name]
        if door is not None:
            self._open[name] = (where, door)
