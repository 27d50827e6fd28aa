"""The composition root: from a configuration file to objects. The only place that knows all rooms.

Nothing is opened here: sockets, processes and the database start with the first turn.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from slurm_energy.application import Application, Hands
from slurm_energy.chores import Retention
from slurm_energy.config.load import DEFAULT_PATH, load
from slurm_energy.config.policy import policy
from slurm_energy.config.settings import Client as ClientName
from slurm_energy.config.settings import DaemonSettings, Settings
from slurm_energy.cycle import Cycle
from slurm_energy.decide.durations.runtimes import History
from slurm_energy.decide.durations.shapes import RunTimes
from slurm_energy.decide.gpus.speeds import Speeds
from slurm_energy.decide.power.watthistory import WattHistory
from slurm_energy.errors import ConfigError, NotPermitted
from slurm_energy.harvest import Harvest
from slurm_energy.learning import Lessons, Overheard, Recall, Teacher
from slurm_energy.ledger.embedded import EmbeddedServer
from slurm_energy.ledger.held import HeldTable
from slurm_energy.ledger.history import HistoryTable
from slurm_energy.ledger.lead import FileLead, PostgresLead
from slurm_energy.ledger.postgres import PostgresLedger
from slurm_energy.ledger.server import Server
from slurm_energy.ledger.session import Session
from slurm_energy.ledger.spent import SpentTable
from slurm_energy.ledger.waits import UsualWaits, WaitsQuestion
from slurm_energy.ledger.write import Writer
from slurm_energy.model.job import Job
from slurm_energy.model.rules import Mode, Rules
from slurm_energy.ports import (
    Actuator,
    Annotator,
    Clock,
    HeldStore,
    Lead,
    SignalHistory,
    SpentStore,
)
from slurm_energy.shadow import Shadow
from slurm_energy.slurm.agreement import Agreement
from slurm_energy.slurm.annotation import agreed
from slurm_energy.slurm.client import Client
from slurm_energy.slurm.client import Source as SlurmSource
from slurm_energy.slurm.client_commands import CommandSource
from slurm_energy.slurm.client_pyslurm import PyslurmSource
from slurm_energy.slurm.commands import Commands
from slurm_energy.slurm.facts import Facts
from slurm_energy.slurm.hooktable import HookTable
from slurm_energy.slurm.localcluster import SLURM_CONF, cluster_name
from slurm_energy.slurm.reserve import Reserve
from slurm_energy.slurm.sight import Sight
from slurm_energy.slurm.worker import Worker
from slurm_energy.state.held import BothHeld, HeldFile, ReachableHeld, ShownHeld
from slurm_energy.state.lastgood import LastGood
from slurm_energy.state.released import Released, UnlessReleased
from slurm_energy.wiring_power import meter, webhook
from slurm_energy.wiring_signals import signals
from slurm_energy.world import CycleSettings, World

TABLE_NAME = "now.table"
_IMPORT_SECONDS = 3600.0
"""Longest that loading history may take."""


class SystemClock:
    """The machine's own time."""

    def now(self) -> int:
        """Seconds since the epoch."""
        return int(time.time())

    def elapsed(self) -> float:
        """Seconds on the monotonic clock."""
        return time.monotonic()


@dataclass(frozen=True, slots=True)
class Memory:
    """The rooms that remember: ledger, lead and what we hold in jobs."""

    ledger: PostgresLedger
    lead: Lead
    held: HeldStore
    spent: SpentStore
    history: SignalHistory
    close: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Learned:
    """What predicts run times and watts, and what teaches it."""

    run_times: RunTimes
    drawn_before: WattHistory
    lessons: Lessons
    speeds: Speeds


@dataclass(frozen=True, slots=True)
class Slurm:
    """The clusters, and the workers behind those that have one."""

    local: str
    clients: Mapping[str, Client]
    workers: Mapping[str, Worker]

    def close(self) -> None:
        """End the workers."""
        for client in self.clients.values():
            client.close()

    def restarts(self) -> Mapping[str, int]:
        """Worker processes started again, by cluster."""
        return {cluster: worker.restarts for cluster, worker in self.workers.items()}


def build(config: Path, number: int = 0) -> Application:
    """The daemon's parts, its first turn being ``number`` + 1. Raises :class:`ConfigError`."""
    settings = load(config)
    clock = SystemClock()
    slurm = _slurm(settings, clock)
    released = Released(settings.daemon.state_directory)
    memory = _memory(settings, clock, released)
    rules = settings.to_rules()
    mode = Mode.OFF if released.reason() is not None else rules.mode
    cycle_settings = _cycle_settings(settings, slurm.local, mode, rules)
    told = signals(settings, cycle_settings.policy, memory.history)
    learned = _run_times(slurm, memory.ledger, cycle_settings)
    posted = webhook(settings, tuple(slurm.clients))
    world = World(
        clock=clock,
        readers=slurm.clients,
        actuators=_actuators(mode, slurm),
        signals=told.source,
        annotate=_annotator(mode, rules),
        ledger=memory.ledger,
        held=memory.held,
        spent=memory.spent,
        lead=memory.lead,
        table=_table(settings, slurm.local, mode),
        run_times=learned.run_times,
        drawn_before=learned.drawn_before,
        power=meter(settings, tuple(slurm.clients), posted),
        lessons=learned.lessons,
        chores=(*told.chores, Retention(memory.ledger, settings.ledger.retention)),
        speeds=learned.speeds,
        see=learned.speeds.types.see,
    )

    def close() -> None:
        slurm.close()
        memory.close()

    return Application(
        cycle=Cycle(world, cycle_settings, number),
        memory=memory.ledger,
        released=released,
        socket=settings.daemon.socket,
        listen=settings.metrics.address(),
        may_see_all=Sight(slurm.clients[slurm.local], clock),
        restarts=slurm.restarts,
        sources=told.states,
        backlog=lambda: memory.ledger.backlog.rows,
        keep=lambda: LastGood(settings.daemon.state_directory).keep(config),
        close=close,
        webhook=posted,
    )


def hands(config: Path) -> Hands:
    """What ``release`` needs: Slurm by any way, what we wrote as far as it is known, no daemon."""
    config, settings = _valid(config)
    clock = SystemClock()
    slurm = _slurm(settings, clock, by_any_way=True)
    held, forget = _reachable_held(settings, clock)

    def close() -> None:
        slurm.close()
        forget()

    return Hands(
        config=config,
        clock=clock,
        readers=slurm.clients,
        actuators=slurm.clients,
        annotate=Agreement(settings.to_rules()),
        held=held,
        released=Released(settings.daemon.state_directory),
        table_off=_table(settings, slurm.local, Mode.OFF).write_off,
        close=close,
    )


def _valid(config: Path) -> tuple[Path, Settings]:
    """The file and its settings, else the last valid one. Raises the first's ``ConfigError``."""
    try:
        settings = load(config)
    except ConfigError:
        kept = LastGood(DaemonSettings().state_directory).path
        if config != DEFAULT_PATH or not kept.exists():
            raise
        return kept, load(kept)
    else:
        return config, settings


def _reachable_held(settings: Settings, clock: Clock) -> tuple[HeldStore, Callable[[], None]]:
    """What was written into jobs, and how to let go of it; the embedded server is not started."""
    local = HeldFile(settings.daemon.state_directory)
    if not os.access(settings.daemon.state_directory, os.W_OK):
        return ShownHeld(local), _nothing_to_stop
    if settings.ledger.url is None:
        return local, _nothing_to_stop
    server = Server(settings.ledger.url, settings.ledger.password_file)
    session = Session(server.address, clock)
    return ReachableHeld(HeldTable(session), local), session.close


def _cycle_settings(settings: Settings, local: str, mode: Mode, rules: Rules) -> CycleSettings:
    return CycleSettings(
        local=local,
        mode=mode.value,
        policy=policy(settings.policy, settings.signals),
        interval=settings.daemon.interval,
        max_delays={
            name: rule.max_delay if rule.defer else 0 for name, rule in rules.classes.items()
        },
        machines=settings.power.model(),
        rates=settings.costs.rates(settings.calendars, settings.power.cpu_watts),
    )


def _run_times(slurm: Slurm, ledger: PostgresLedger, settings: CycleSettings) -> Learned:
    """Run times that are learned as jobs end, and from what is remembered of ended ones."""
    speeds, drawn = Speeds(settings.machines), WattHistory()
    history = History(settings.policy.typical_run, speeds=speeds)
    teacher = Teacher((history.learn, drawn.learn), agreed)
    harvest = Harvest(slurm.clients, ledger, teacher.news)
    recall = Recall(slurm.clients, ledger, teacher)
    lessons = Lessons(harvest, recall, Overheard(slurm.clients, ledger, teacher))
    return Learned(history, drawn, lessons, speeds)


def _actuators(mode: Mode, slurm: Slurm) -> Mapping[str, Actuator]:
    """A mode is an object: only live has hands."""
    if mode is Mode.LIVE:
        return slurm.clients
    return dict.fromkeys(slurm.clients, Shadow())


def _annotator(mode: Mode, rules: Rules) -> Annotator:
    """In mode off no job is ours."""
    return _nothing if mode is Mode.OFF else Agreement(rules)


def _nothing(job: Job) -> None:  # noqa: ARG001
    return None


def _table(settings: Settings, local: str, mode: Mode) -> HookTable:
    path = settings.daemon.state_directory / TABLE_NAME
    return HookTable(path, local, mode, settings.daemon.interval)


def _slurm(settings: Settings, clock: Clock, *, by_any_way: bool = False) -> Slurm:
    """A client for every cluster of the site. Raises ``ConfigError`` for one without a conf.

    ``by_any_way``: where libslurm does not answer or does not fit, Slurm's commands are used.
    """
    chosen = settings.slurm.client
    local = settings.daemon.cluster or cluster_name(SLURM_CONF)
    names = tuple(settings.site.clusters) or (local,)
    if local not in names:
        raise ConfigError(
            [f"{local}, the cluster here, is not in site.clusters; add [site.clusters.{local}]"]
        )
    confs = {name: _conf(settings, name, local) for name in names}
    timeout = float(settings.slurm.timeout)
    workers = {
        name: Worker(conf, timeout) for name, conf in confs.items() if chosen is ClientName.PYSLURM
    }
    clients = {}
    for name, conf in confs.items():
        commands = Commands(conf, timeout)
        through: SlurmSource = CommandSource(name, commands)
        if name in workers:
            library = PyslurmSource(name, workers[name])
            through = Reserve(library, through) if by_any_way else library
        clients[name] = Client(name, through, commands, Facts(commands, clock), clock)
    return Slurm(local, clients, workers)


def _conf(settings: Settings, name: str, local: str) -> str | None:
    """The slurm.conf of one cluster; None: the one Slurm finds itself."""
    path = settings.slurm.conf.get(name)
    if path is None and name != local:
        raise ConfigError(
            [f"slurm.conf.{name} is missing; name the slurm.conf that leads to {name}'s slurmctld"]
        )
    return None if path is None else str(path)


def _memory(settings: Settings, clock: Clock, released: Released) -> Memory:
    """The embedded database with a file lock, or the site's server with a session lock."""
    state = settings.daemon.state_directory
    local = HeldFile(state)
    question = WaitsQuestion(quantile=settings.policy.wait_quantile)
    if settings.ledger.url is None:
        embedded = EmbeddedServer(state / "postgres")
        session, stop = Session(embedded.start, clock), embedded.stop
        lead: Lead = FileLead(state / "lead")
        held: HeldStore = local
    else:
        server = Server(settings.ledger.url, settings.ledger.password_file)
        session, stop = Session(server.address, clock), _nothing_to_stop
        lead = PostgresLead(server.address, " ".join(sorted(settings.site.clusters)))
        held = BothHeld(HeldTable(session), local)
    ledger = PostgresLedger(session, Writer(session), UsualWaits(session, clock, question))

    def close() -> None:
        lead.release()
        ledger.close()
        stop()

    return Memory(
        ledger,
        UnlessReleased(lead, released),
        held,
        SpentTable(session),
        HistoryTable(session),
        close,
    )


@contextmanager
def signal_history(settings: Settings) -> Iterator[HistoryTable]:
    """What was measured of the signals, without a daemon; an embedded server is left as it was.

    Raises ``NotPermitted`` where that belongs to another account, ``LedgerError``.
    """
    address, stop = _ledger_address(settings)
    session = Session(address, SystemClock(), limit=_IMPORT_SECONDS)
    try:
        yield HistoryTable(session)
    finally:
        session.close()
        stop()


def _ledger_address(settings: Settings) -> tuple[Callable[[], str], Callable[[], None]]:
    """Where the ledger is, and how to leave it."""
    if settings.ledger.url is not None:
        server = Server(settings.ledger.url, settings.ledger.password_file)
        return server.address, _nothing_to_stop
    state = settings.daemon.state_directory
    if state.exists() and state.stat().st_uid != os.geteuid():
        owner = state.owner()
        raise NotPermitted(f"the embedded database is {owner}'s; run it as: sudo -u {owner} …")
    embedded = EmbeddedServer(state / "postgres")
    runs = embedded.running()
    return embedded.start, _nothing_to_stop if runs else embedded.stop


def _nothing_to_stop() -> None:
    """The site's own server is not ours to stop."""
