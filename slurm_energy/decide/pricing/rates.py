"""Rates as the price curves take them: the price of one more hour, as a price of energy.

It stands here and not in ``model`` because it chooses: how much of a reservation is still free,
and for whom, is a judgement of the queue.

Curves are by cluster and class: where partitions of a cluster cost differently, all are planned
with the mean by size; what a job costs is counted by its own partition.

A rate of 2 per GPU-hour on GPUs that draw 0.8 kW is 2 / 0.8 x 1000 = 2500 per MWh, and adds to the
price of that MWh before the sum is normalised: so money counts as money, whatever it is paid for.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from slurm_energy.decide.pricing.effective import Values, on_common_steps
from slurm_energy.model.job import Job, JobState, Queue
from slurm_energy.model.rates import ClusterRates, MachineHours, MachinePrice, Rates
from slurm_energy.model.series import FOR_EVER, Series, Signal
from slurm_energy.model.timeofuse import TimeOfUse

DAY = 86_400
PAST = 28
"""Days back: what prices are normalised over."""
AHEAD = 14
"""Days ahead, beyond any planning horizon."""
NEAR = 2 * DAY
"""Seconds ahead over which the past is given the use that a reservation has now."""

Mine = Callable[[str], bool]
"""Whether a partition is charged by these rates."""
Machines = tuple[int, int]
"""GPUs and CPUs."""


class RateBook:
    """What an hour of each cluster's machines costs; steps of a day are worked out once."""

    def __init__(self, clusters: Mapping[str, ClusterRates]) -> None:
        self._clusters = clusters
        self._day: int | None = None
        self._steps: dict[tuple[str, str], tuple[Series, Series]] = {}

    def of(self, cluster: str, queue: Queue | None, now: int) -> MachinePrice | None:
        """What an hour there costs; None: nothing is charged beside energy."""
        rates = self._clusters.get(cluster, ClusterRates())
        tables = dict(rates.partitions)
        if rates.usual is not None:
            tables[""] = rates.usual
        if not tables:
            return None
        scopes = {name: _scope(name, rates) for name in ("", *rates.partitions)}
        hours = {
            name: self._hours((cluster, name), table, queue, now, scopes[name])
            for name, table in tables.items()
        }
        sizes = {name: _machines(queue, mine) for name, mine in scopes.items()}
        if not any(map(any, sizes.values())):
            sizes = dict.fromkeys(hours, (1, 0))
        return MachinePrice(_mean_per_mwh(hours, sizes), hours)

    def _hours(
        self, key: tuple[str, str], rates: Rates, queue: Queue | None, now: int, mine: Mine
    ) -> MachineHours:
        gpu_hour, cpu_hour = self._on_demand(key, rates, now)
        if rates.reserved and queue is not None:
            gpu_hour = on_common_steps(gpu_hour, beyond(rates, queue, now, mine), np.multiply)
        return MachineHours(gpu_hour, cpu_hour, rates)

    def _on_demand(self, key: tuple[str, str], rates: Rates, now: int) -> tuple[Series, Series]:
        """The rates beyond any reservation, from four weeks ago to two ahead."""
        day = now // DAY
        if day != self._day:
            self._day, self._steps = day, {}
        if key not in self._steps:
            self._steps[key] = (
                _steps(rates.gpu_hour, Signal.GPU_HOUR, day),
                _steps(rates.cpu_hour, Signal.CPU_HOUR, day),
            )
        return self._steps[key]


def beyond(rates: Rates, queue: Queue, now: int, mine: Mine) -> Series:
    """Which share of one more hour would be beyond the reservation, at each moment; 0 to 1.

    Used is what running jobs use until their time limits. Those that wait share what is left
    between them: if all of them ran at that moment, so much of what they use would be beyond. The
    past is given the mean of the next two days: it only sets the scale on which prices vary.
    """
    jobs = [job for job in queue.jobs if mine(job.partition)]
    waiting = sum(job.gpus * max(1, job.array_task_count) for job in jobs if _waits(job))
    running = [job for job in jobs if job.state is JobState.RUNNING]
    until = (now // DAY + AHEAD + 1) * DAY
    times, used = _in_use(running, now, until)
    shares = tuple(_beyond(used, waiting, rates.reserved).tolist())
    ahead = Series(Signal.SHARE, times, shares, until, now, "use of the reservation")
    return replace(ahead, times=(0, *times), values=(_mean(ahead, NEAR), *shares))


def _in_use(running: Sequence[Job], now: int, until: int) -> tuple[tuple[int, ...], Values]:
    """GPUs in use from ``now`` on, and from each end before ``until`` on."""
    ends = np.clip(np.array([_end(job) for job in running], dtype=np.int64), now, until)
    gpus = np.array([job.gpus for job in running], dtype=np.float64)
    times, place = np.unique(np.append(now, ends), return_inverse=True)
    freed = np.bincount(place, np.append(0.0, gpus), minlength=len(times)).cumsum()
    within = times < until
    return tuple(times[within].tolist()), (gpus.sum() - freed)[within]


def _beyond(used: Values, waiting: int, reserved: int) -> Values:
    if waiting == 0:
        return (used >= reserved).astype(np.float64)
    return np.clip((used + waiting - reserved) / waiting, 0.0, 1.0)


def _waits(job: Job) -> bool:
    return job.state is JobState.PENDING and not job.held and not job.dependency


def _end(job: Job) -> int:
    """When it will have ended at the latest; nobody knows: never."""
    if job.end_time is not None:
        return job.end_time
    if job.start_time is None or job.time_limit is None:
        return FOR_EVER
    return job.start_time + job.time_limit


def _mean(series: Series, seconds: int) -> float:
    """Time-weighted mean over the first ``seconds``."""
    until = min(series.times[0] + seconds, series.end)
    edges = np.minimum((*series.times, series.end), until)
    return float(np.average(series.values, weights=np.diff(edges)))


def _steps(prices: TimeOfUse, signal: Signal, day: int) -> Series:
    since, until = (day - PAST) * DAY, (day + AHEAD + 1) * DAY
    times, values = prices.steps(since, until)
    return Series(signal, times, values, until, since, "rates", fixed=True)


def _scope(partition: str, rates: ClusterRates) -> Mine:
    """The partitions that a table is for: the named one, or all without their own."""
    if partition:
        return partition.__eq__
    return lambda name: name not in rates.partitions


def _machines(queue: Queue | None, mine: Mine) -> Machines:
    """GPUs and CPUs that these rates are charged for, as far as nodes or partitions are known."""
    if queue is None or not queue.nodes:
        parts = () if queue is None else queue.partitions
        return sum(one.gpus for one in parts if mine(one.name)), 0
    names = frozenset().union(*(one.nodes for one in queue.partitions if mine(one.name)))
    nodes = [node for node in queue.nodes if node.name in names]
    return sum(node.gpus for node in nodes), sum(node.cpus for node in nodes)


def _mean_per_mwh(hours: Mapping[str, MachineHours], sizes: Mapping[str, Machines]) -> Series:
    """What all machines cost in an hour over what they draw in it, per MWh.

    Partitions without any rate cost nothing, and draw.
    """
    draws = {name: _mw(hours.get(name), sizes[name], hours) for name in sizes}
    whole = sum(draws.values())
    first, *others = (_money(found, sizes[name]) for name, found in hours.items())
    for one in others:
        first = on_common_steps(first, one, np.add)
    values = tuple(value / whole if whole else 0.0 for value in first.values)
    return replace(first, signal=Signal.PRICE, values=values)


def _money(found: MachineHours, machines: Machines) -> Series:
    """What so many machines cost by the hour."""
    gpus, cpus = machines
    return on_common_steps(found.gpu_hour, found.cpu_hour, lambda gpu, cpu: gpus * gpu + cpus * cpu)


def _mw(found: MachineHours | None, machines: Machines, hours: Mapping[str, MachineHours]) -> float:
    """What so many machines draw; those without rates of their own draw as the others do."""
    rates = found.rates if found is not None else next(iter(hours.values())).rates
    return rates.kw(*machines) / 1000
