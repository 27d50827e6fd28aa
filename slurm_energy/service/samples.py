"""What each metric says of the last turn: samples by labels. Unknown is no sample, never 0."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from slurm_energy.application import Application
from slurm_energy.decide.plan import Plan
from slurm_energy.model.series import Series
from slurm_energy.service.board import Board
from slurm_energy.turn import Turn

Sample = tuple[tuple[str, ...], float]
MODES = ("off", "shadow", "live")
DAY = 86_400


@dataclass(frozen=True, slots=True)
class Now:
    """What a scrape is answered from."""

    board: Board
    application: Application
    time: int


def phases(now: Now) -> Iterator[Sample]:
    """Seconds by phase."""
    if now.board.turn is not None:
        for phase, seconds in now.board.turn.seconds.items():
            yield (phase,), seconds


def jobs(now: Now) -> Iterator[Sample]:
    """Counts by cluster, class and decision."""
    if now.board.turn is not None:
        yield from ((labels, count) for labels, count in _count_jobs(now.board.turn).items())


def _count_jobs(turn: Turn) -> Counter[tuple[str, str, str]]:
    return Counter(
        (plan.cluster, subject.annotation.contract.workload_class.value, action.value)
        for plan in turn.plans.values()
        for subject, action in zip(plan.subjects, plan.actions, strict=True)
    )


def _series(now: Now) -> Iterator[tuple[tuple[str, str], Series]]:
    turn = now.board.turn
    if turn is not None:
        for cluster, known in turn.signals.items():
            for name, series in (("carbon", known.carbon), ("price", known.price)):
                if series is not None:
                    yield (cluster, name), series


def values(now: Now) -> Iterator[Sample]:
    """Signals now."""
    for labels, series in _series(now):
        value = series.at(now.time)
        if value is not None:
            yield labels, value


def ages(now: Now) -> Iterator[Sample]:
    """Ages of the signals."""
    return ((labels, series.age(now.time)) for labels, series in _series(now))


def reasons(now: Now) -> Iterator[Sample]:
    """Counts by cluster and reason."""
    if now.board.turn is not None:
        for plan in now.board.turn.plans.values():
            for reason, count in Counter(plan.reasons).items():
                yield (plan.cluster, reason.code), count


def congestion(now: Now) -> Iterator[Sample]:
    """The surcharge of the present slot, and the highest of the coming day."""
    for plan in _plans(now):
        found = plan.outlook.congestion
        if found is not None:
            slots = max(1, DAY // found.slot)
            ahead = found.moved_to(now.time - now.time % found.slot, slots)
            yield (plan.cluster, "now"), found.at(now.time)
            yield (plan.cluster, "day"), float(ahead.max())


def arrivals(now: Now) -> Iterator[Sample]:
    """What is expected to come, as work: units a second times the seconds that such runs last."""
    for plan in _plans(now):
        if plan.outlook.arrivals is not None:
            work: dict[str, float] = {}
            for kind, rate in plan.outlook.arrivals.rates().items():
                name = kind.workload_class.value
                work[name] = (
                    work.get(name, 0.0) + rate.units * float(rate.alive.sum()) * plan.policy.slot
                )
            yield from (((plan.cluster, name), value) for name, value in work.items())


def _plans(now: Now) -> Sequence[Plan]:
    return [] if now.board.turn is None else list(now.board.turn.plans.values())


def power(now: Now) -> Iterator[Sample]:
    """What limited clusters draw, may draw, drew at most in this month, and may free of charge."""
    turn = now.board.turn
    if turn is None:
        return
    for cluster, limit in turn.power.items():
        found = {
            "drawn": turn.drawn.get(cluster),
            "limit": limit.at(now.time),
            "month_peak": limit.peak,
            "without_charge": _without_charge(turn, cluster),
        }
        yield from (((cluster, kind), value) for kind, value in found.items() if value is not None)


def _without_charge(turn: Turn, cluster: str) -> float | None:
    plan, queue = turn.plans.get(cluster), turn.queues.get(cluster)
    return None if plan is None or queue is None else plan.power.free(queue)


def forecast_rank(now: Now) -> Iterator[Sample]:
    """Rank correlations of the forecasts in use."""
    for labels, series in _series(now):
        if series.forecast is not None and series.forecast.rank is not None:
            yield (*labels, series.forecast.name), series.forecast.rank


def forecast_error(now: Now) -> Iterator[Sample]:
    """Errors of the forecasts in use."""
    for labels, series in _series(now):
        if series.forecast is not None and series.forecast.error is not None:
            yield (*labels, series.forecast.name), series.forecast.error


def sources_up(now: Now) -> Iterator[Sample]:
    """Which providers answered the last fetch; one that was not asked yet has no sample."""
    for one in now.application.sources():
        if one.up is not None:
            yield (one.name, one.signal.name.lower()), float(one.up)


def fetches(now: Now) -> Iterator[Sample]:
    """Fetches by provider and result."""
    for one in now.application.sources():
        labels = (one.name, one.signal.name.lower())
        yield (*labels, "used"), one.fetches
        yield (*labels, "failed"), one.failures


def read(now: Now) -> Iterator[Sample]:
    """Which clusters were read."""
    turn = now.board.turn
    if turn is not None:
        for cluster in now.application.cycle.world.readers:
            yield (cluster,), float(cluster in turn.queues)


def table_age(now: Now) -> Iterator[Sample]:
    """The age of our hook's table."""
    if now.board.turn is not None:
        yield (now.application.cycle.settings.local,), now.time - now.board.turn.at


def mode(now: Now) -> Iterator[Sample]:
    """Which mode holds."""
    return (((mode,), float(mode == now.application.cycle.settings.mode)) for mode in MODES)


def leading(now: Now) -> Iterator[Sample]:
    """Whether we lead."""
    if now.board.turn is not None:
        yield (), float(now.board.turn.leading)


def labelled(counts: Iterable[tuple[str, float]]) -> Iterator[Sample]:
    """Counts that have one label."""
    return (((label,), value) for label, value in counts)
