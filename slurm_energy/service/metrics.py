"""What Prometheus reads: the last turn and the counts since the start, never a job's id."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from slurm_energy.application import Application
from slurm_energy.model.series import Series
from slurm_energy.ports import Clock
from slurm_energy.service.board import Board
from slurm_energy.turn import Turn

Sample = tuple[tuple[str, ...], float]
MODES = ("off", "shadow", "live")


@dataclass(frozen=True, slots=True)
class Now:
    """What a scrape is answered from."""

    board: Board
    application: Application
    time: int


@dataclass(frozen=True, slots=True)
class Definition:
    """One metric: defined here once; the documents are generated from it.

    ``read`` tells its samples; a value that is not known is no sample, never 0.
    """

    name: str
    counter: bool
    labels: tuple[str, ...]
    meaning: str
    read: Callable[[Now], Iterable[Sample]]

    def family(self, now: Now) -> Metric:
        """The metric with its samples, as prometheus_client takes it."""
        kind = CounterMetricFamily if self.counter else GaugeMetricFamily
        family = kind(self.name, self.meaning, labels=self.labels)
        for labels, value in self.read(now):
            family.add_metric(labels, value)
        return family


class Scrape(Collector):
    """Answers each scrape from what is up at that moment. ``application`` follows reloads."""

    def __init__(self, board: Board, application: Callable[[], Application], clock: Clock) -> None:
        self._board = board
        self._application = application
        self._clock = clock

    def collect(self) -> Iterator[Metric]:
        """Every metric that :data:`METRICS` defines."""
        now = Now(self._board, self._application(), self._clock.now())
        for definition in METRICS:
            yield definition.family(now)

    def describe(self) -> Iterable[Metric]:
        """Nothing ahead of time, so that registering asks for no values."""
        return ()


class MetricsServer:
    """Serves HTTP on a loopback address from a thread of its own."""

    def __init__(self, listen: tuple[str, int], scrape: Scrape) -> None:
        self._listen = listen
        self._scrape = scrape

    def open(self) -> None:
        """Listen. Raises ``OSError``."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self._scrape)
        host, port = self._listen
        self._server, self._thread = start_http_server(port, host, registry)
        self.port = self._server.server_port

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _phases(now: Now) -> Iterator[Sample]:
    if now.board.turn is not None:
        for phase, seconds in now.board.turn.seconds.items():
            yield (phase,), seconds


def _jobs(now: Now) -> Iterator[Sample]:
    if now.board.turn is not None:
        yield from ((labels, count) for labels, count in _count_jobs(now.board.turn).items())


def _count_jobs(turn: Turn) -> Counter[tuple[str, str, str]]:
    return Counter(
        (plan.cluster, subject.annotation.contract.workload_class.value, action.value)
        for plan in turn.plans.values()
        for subject, action in zip(plan.subjects, plan.actions, strict=True)
    )


def _series(now: Now) -> Iterator[tuple[tuple[str, str], Series, Turn]]:
    turn = now.board.turn
    if turn is not None:
        for cluster, known in turn.signals.items():
            for name, series in (("carbon", known.carbon), ("price", known.price)):
                if series is not None:
                    yield (cluster, name), series, turn


def _values(now: Now) -> Iterator[Sample]:
    for labels, series, _ in _series(now):
        value = series.at(now.time)
        if value is not None:
            yield labels, value


def _ages(now: Now) -> Iterator[Sample]:
    return ((labels, series.age(now.time)) for labels, series, _ in _series(now))


def _read(now: Now) -> Iterator[Sample]:
    turn = now.board.turn
    if turn is not None:
        for cluster in now.application.cycle.world.readers:
            yield (cluster,), float(cluster in turn.queues)


def _table_age(now: Now) -> Iterator[Sample]:
    if now.board.turn is not None:
        yield (now.application.cycle.settings.local,), now.time - now.board.turn.at


def _mode(now: Now) -> Iterator[Sample]:
    return (((mode,), float(mode == now.application.cycle.settings.mode)) for mode in MODES)


def _leading(now: Now) -> Iterator[Sample]:
    if now.board.turn is not None:
        yield (), float(now.board.turn.leading)


def _labelled(counts: Iterable[tuple[str, float]]) -> Iterator[Sample]:
    return (((label,), value) for label, value in counts)


METRICS = (
    Definition(
        "slurmenergy_cycle_seconds",
        False,
        ("phase",),
        "Wall seconds that each phase of the last turn took.",
        _phases,
    ),
    Definition(
        "slurmenergy_cycles_total",
        True,
        (),
        "Turns completed since the daemon started.",
        lambda now: [((), now.board.cycles)],
    ),
    Definition(
        "slurmenergy_cycle_failures_total",
        True,
        (),
        "Turns that raised an error we did not foresee, and then did nothing.",
        lambda now: [((), now.board.failures)],
    ),
    Definition(
        "slurmenergy_cluster_read",
        False,
        ("cluster",),
        "1 when the last turn could read this cluster's queue, else 0.",
        _read,
    ),
    Definition(
        "slurmenergy_jobs",
        False,
        ("cluster", "class", "decision"),
        "Pending jobs of ours in the last turn.",
        _jobs,
    ),
    Definition(
        "slurmenergy_updates_total",
        True,
        ("cluster", "fate"),
        "Updates by what became of them: sent, refused, gone, unknown, recorded (shadow).",
        lambda now: now.board.updates.copy().items(),
    ),
    Definition(
        "slurmenergy_updates_skipped_total",
        True,
        ("cluster",),
        "Wanted changes that were left for a later turn by the cap on updates.",
        lambda now: _labelled(now.board.skipped.copy().items()),
    ),
    Definition(
        "slurmenergy_signal_value",
        False,
        ("cluster", "signal"),
        "Carbon in gCO2eq/kWh, price in currency per MWh; absent while unknown.",
        _values,
    ),
    Definition(
        "slurmenergy_signal_age_seconds",
        False,
        ("cluster", "signal"),
        "Seconds since the signal was issued.",
        _ages,
    ),
    Definition(
        "slurmenergy_table_age_seconds",
        False,
        ("cluster",),
        "Seconds since the submit hook's table was written; a completed turn writes it.",
        _table_age,
    ),
    Definition(
        "slurmenergy_hook_leases_total",
        True,
        ("cluster",),
        "Begin-time leases of the submit hook, on jobs that were submitted since the daemon "
        "started and that it saw pending.",
        lambda now: _labelled(now.board.leases.copy().items()),
    ),
    Definition(
        "slurmenergy_mode",
        False,
        ("mode",),
        "1 for the mode that holds, 0 for the others.",
        _mode,
    ),
    Definition(
        "slurmenergy_leading",
        False,
        (),
        "1 while this daemon leads and acts, 0 while it follows and watches.",
        _leading,
    ),
    Definition(
        "slurmenergy_worker_restarts_total",
        True,
        ("cluster",),
        "Slurm worker processes that were started again after a hang or a crash.",
        lambda now: _labelled(now.application.restarts().items()),
    ),
    Definition(
        "slurmenergy_ledger_backlog",
        False,
        (),
        "Rows that wait until the ledger's database is back.",
        lambda now: [((), now.application.backlog())],
    ),
)
