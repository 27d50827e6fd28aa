"""The daemon: a turn whenever one is due, between start and SIGTERM. Read :meth:`Daemon.run`."""

import os
import signal
import sys
from functools import partial
from pathlib import Path

import click

from slurm_energy.application import Application, Build
from slurm_energy.config.load import DEFAULT_PATH
from slurm_energy.errors import ConfigError, SlurmEnergyError
from slurm_energy.ports import Clock
from slurm_energy.report import sentence
from slurm_energy.service.board import Board
from slurm_energy.service.doors import Doors
from slurm_energy.service.journal import Journal, Priority
from slurm_energy.service.notify import Notifier
from slurm_energy.service.schedule import next_turn
from slurm_energy.service.wakeups import NUDGE, Wakeups
from slurm_energy.turn import Turn
from slurm_energy.wiring import build

STOP = frozenset({signal.SIGTERM, signal.SIGINT})


class Daemon:
    """Drives the cycle and tells systemd, the journal and whoever asks how it goes."""

    def __init__(self, config: Path, build: Build, notifier: Notifier, journal: Journal) -> None:
        self._config = config
        self._build = build
        self._notifier = notifier
        self._journal = journal

    def run(self) -> None:
        """Until SIGTERM or SIGINT. Raises ``ConfigError`` when it can't start at all."""
        application = self._build(self._config)
        clock = application.cycle.world.clock
        board = Board(started=clock.now())
        with Wakeups({*STOP, signal.SIGHUP, NUDGE}) as wakeups:
            doors = Doors(application, board, clock, partial(self._event, wakeups))
            try:
                doors.serve(application)
                application.keep()
                self._notifier.ready(f"{application.cycle.settings.mode}: first turn")
                while True:
                    released = application.released.reason()
                    due = self._turn(application, board, clock)
                    heard = self._wait(wakeups, due, clock)
                    if heard & STOP:
                        break
                    if signal.SIGHUP in heard or application.released.reason() != released:
                        application = self._reload(application, board, doors)
            finally:
                self._notifier.stopping()
                doors.close()
                application.close()

    def _turn(self, application: Application, board: Board, clock: Clock) -> float:
        """One turn, whatever comes of it; the moment the next is due, on the clock of durations."""
        at, began = clock.now(), clock.elapsed()
        try:
            turn = application.cycle.turn()
        except Exception as error:  # noqa: BLE001 - the one place that catches, counts, does nothing
            board.failed()
            self._journal.failed(error)
            self._notifier.status(f"the last turn failed: {error}")
            return began + application.cycle.settings.interval
        board.completed(turn)
        self._report(turn)
        return began + next_turn(at, application.cycle.settings.interval, turn.signals) - at

    def _report(self, turn: Turn) -> None:
        if turn.record is not None:
            said = sentence(turn, turn.record)
            self._journal.say(Priority.INFO, said)
            self._notifier.status(said)
        self._journal.problems(turn.problems)

    def _wait(self, wakeups: Wakeups, due: float, clock: Clock) -> frozenset[signal.Signals]:
        """The signals that were heard, or none once the next turn is due.

        The watchdog is put off here and nowhere else: a turn that hangs is noticed.
        """
        pet_every = None if self._notifier.watchdog is None else self._notifier.watchdog / 3
        while True:
            self._notifier.alive()
            left = due - clock.elapsed()
            heard = wakeups.wait(left if pet_every is None else min(left, pet_every))
            if heard or clock.elapsed() >= due:
                return heard

    def _event(self, wakeups: Wakeups, told: str) -> None:
        """A grid event came or went: it is said, and a turn made at once. From any thread."""
        self._journal.say(Priority.NOTICE, told)
        wakeups.wake()

    def _reload(self, running: Application, board: Board, doors: Doors) -> Application:
        """The application of the file as it is now; the running one where that is invalid."""
        self._notifier.reloading()
        number = 0 if board.turn is None else board.turn.number
        try:
            application = self._build(self._config, number)
            doors.serve(application)
        except ConfigError as error:
            for problem in error.problems:
                self._journal.say(Priority.ERROR, f"not reloaded: {problem}")
            self._notifier.ready("reload refused, the running configuration stays")
            return running
        running.close()
        application.keep()
        self._journal.say(Priority.NOTICE, f"reloaded: {application.cycle.settings.mode}")
        self._notifier.ready("reloaded")
        return application


@click.command()
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DEFAULT_PATH,
    show_default=True,
    help="The configuration file.",
)
@click.version_option(package_name="slurm-energy")
def main(config: Path) -> None:
    """Run slurm-energy's daemon in the foreground, as systemd wants it."""
    notifier = Notifier.from_environment(os.environ, os.getpid())
    journal = Journal(sys.stderr, prefixes="JOURNAL_STREAM" in os.environ)
    try:
        Daemon(config, build, notifier, journal).run()
    except ConfigError as error:
        for problem in error.problems:
            journal.say(Priority.ERROR, problem)
        sys.exit(2)
    except SlurmEnergyError as error:
        journal.say(Priority.ERROR, str(error))
        sys.exit(1)
