"""What Prometheus reads: the last turn and the counts since the start, never a job's id."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from slurm_energy.application import Application
from slurm_energy.ports import Clock
from slurm_energy.service import samples
from slurm_energy.service.board import Board
from slurm_energy.service.samples import Now, Sample


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


METRICS = (
    Definition(
        "slurmenergy_cycle_seconds",
        False,
        ("phase",),
        "Wall seconds that each phase of the last turn took.",
        samples.phases,
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
        samples.read,
    ),
    Definition(
        "slurmenergy_jobs",
        False,
        ("cluster", "class", "decision"),
        "Pending jobs of ours in the last turn.",
        samples.jobs,
    ),
    Definition(
        "slurmenergy_jobs_by_reason",
        False,
        ("cluster", "reason"),
        "Jobs of ours in the last turn by why they wait or run, as queue shows it.",
        samples.reasons,
    ),
    Definition(
        "slurmenergy_stops_total",
        True,
        ("cluster",),
        "Running jobs that we sent back to the queue, seen there since the daemon started.",
        lambda now: samples.labelled(now.board.stops.copy().items()),
    ),
    Definition(
        "slurmenergy_congestion_price",
        False,
        ("cluster", "when"),
        "What a slot costs because many want it, in standard deviations: now, and the dearest of "
        "the coming day.",
        samples.congestion,
    ),
    Definition(
        "slurmenergy_expected_work",
        False,
        ("cluster", "class"),
        "Work that is expected to come, as a share of the cluster (of one GPU where its size is "
        "not known); absent until six hours were watched.",
        samples.arrivals,
    ),
    Definition(
        "slurmenergy_power_watts",
        False,
        ("cluster", "kind"),
        "Where power is limited: drawn as predicted, the limit that holds now, the month's "
        "peak, what may be drawn without a demand charge.",
        samples.power,
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
        lambda now: samples.labelled(now.board.skipped.copy().items()),
    ),
    Definition(
        "slurmenergy_signal_value",
        False,
        ("cluster", "signal"),
        "Carbon in gCO2eq/kWh, price in currency per MWh; absent while unknown.",
        samples.values,
    ),
    Definition(
        "slurmenergy_signal_age_seconds",
        False,
        ("cluster", "signal"),
        "Seconds since the signal was issued.",
        samples.ages,
    ),
    Definition(
        "slurmenergy_source_up",
        False,
        ("source", "signal"),
        "1 when the last fetch from this provider was answered, else 0.",
        samples.sources_up,
    ),
    Definition(
        "slurmenergy_source_fetches_total",
        True,
        ("source", "signal", "result"),
        "Fetches from this provider since the daemon started: used, or failed.",
        samples.fetches,
    ),
    Definition(
        "slurmenergy_forecast_rank",
        False,
        ("cluster", "signal", "source"),
        "Mean rank correlation of the forecast's next 24 hours with the true ones, -1 to 1.",
        samples.forecast_rank,
    ),
    Definition(
        "slurmenergy_forecast_error",
        False,
        ("cluster", "signal", "source"),
        "Mean absolute error of the forecast's next 23 hours, in the signal's unit.",
        samples.forecast_error,
    ),
    Definition(
        "slurmenergy_table_age_seconds",
        False,
        ("cluster",),
        "Seconds since the submit hook's table was written; a completed turn writes it.",
        samples.table_age,
    ),
    Definition(
        "slurmenergy_hook_leases_total",
        True,
        ("cluster",),
        "Begin-time leases of the submit hook, on jobs that were submitted since the daemon "
        "started and that it saw pending.",
        lambda now: samples.labelled(now.board.leases.copy().items()),
    ),
    Definition(
        "slurmenergy_mode",
        False,
        ("mode",),
        "1 for the mode that holds, 0 for the others.",
        samples.mode,
    ),
    Definition(
        "slurmenergy_leading",
        False,
        (),
        "1 while this daemon leads and acts, 0 while it follows and watches.",
        samples.leading,
    ),
    Definition(
        "slurmenergy_worker_restarts_total",
        True,
        ("cluster",),
        "Slurm worker processes that were started again after a hang or a crash.",
        lambda now: samples.labelled(now.application.restarts().items()),
    ),
    Definition(
        "slurmenergy_ledger_backlog",
        False,
        (),
        "Rows that wait until the ledger's database is back.",
        lambda now: [((), now.application.backlog())],
    ),
)
