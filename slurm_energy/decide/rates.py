"""Rates as the price curves take them: the price of one more hour, as a price of energy.

It stands here and not in ``model`` because it chooses: how much of a reservation is still free,
and for whom, is a judgement of the queue.

A rate of 2 per GPU-hour on GPUs that draw 0.8 kW is 2 / 0.8 x 1000 = 2500 per MWh, and adds to the
price of that MWh before the sum is normalised: so money counts as money, whatever it is paid for.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import numpy as np

from slurm_energy.decide.effective import on_common_steps
from slurm_energy.model.job import Job, JobState, Queue
from slurm_energy.model.rates import ClusterRates, MachinePrice, Rates
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


class RateBook:
    """What an hour of each cluster's machines costs; steps of a day are worked out once."""

    def __init__(self, clusters: Mapping[str, ClusterRates]) -> None:
        self._clusters = clusters
        self._day: int | None = None
        self._steps: dict[tuple[str, str], tuple[Series, Series]] = {}

    def usual(self, cluster: str, queue: Queue | None, now: int) -> MachinePrice | None:
        """For the cluster's partitions without rates of their own; None: nothing is charged."""
        rates = self._clusters.get(cluster, ClusterRates())
        if rates.usual is None:
            return None
        own = rates.partitions
        return self._price((cluster, ""), rates.usual, queue, now, lambda name: name not in own)

    def partitions(self, cluster: str, queue: Queue | None, now: int) -> Mapping[str, MachinePrice]:
        """For each partition with rates of its own."""
        own = self._clusters.get(cluster, ClusterRates()).partitions
        return {
            name: self._price((cluster, name), rates, queue, now, name.__eq__)
            for name, rates in own.items()
        }

    def _price(
        self, key: tuple[str, str], rates: Rates, queue: Queue | None, now: int, mine: Mine
    ) -> MachinePrice:
        gpu_hour, cpu_hour = self._on_demand(key, rates, now)
        if rates.reserved and queue is not None:
            gpu_hour = on_common_steps(gpu_hour, beyond(rates, queue, now, mine), np.multiply)
        per_mwh = _per_mwh(rates, gpu_hour, cpu_hour, _machines(queue, mine))
        return MachinePrice(gpu_hour, cpu_hour, per_mwh, rates)

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
    running = [(_end(job), job.gpus) for job in jobs if job.state is JobState.RUNNING]
    until = (now // DAY + AHEAD + 1) * DAY
    times = sorted({now, *(end for end, _ in running if now < end < until)})
    used = [sum(gpus for end, gpus in running if end > time) for time in times]
    shares = [_beyond(use, waiting, rates.reserved) for use in used]
    ahead = Series(Signal.SHARE, tuple(times), tuple(shares), until, now, "use of the reservation")
    return replace(ahead, times=(0, *ahead.times), values=(_mean(ahead, NEAR), *ahead.values))


def _beyond(used: int, waiting: int, reserved: int) -> float:
    if waiting == 0:
        return float(used >= reserved)
    return min(1.0, max(0.0, (used + waiting - reserved) / waiting))


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


def _machines(queue: Queue | None, mine: Mine) -> tuple[int, int]:
    """GPUs and CPUs that these rates are charged for; one GPU where no node is known."""
    if queue is None or not queue.nodes:
        return 1, 0
    names = _nodes(queue, mine)
    nodes = [node for node in queue.nodes if node.name in names]
    return sum(node.gpus for node in nodes), sum(node.cpus for node in nodes)


def _nodes(queue: Queue, mine: Mine) -> frozenset[str]:
    chosen: Iterable[frozenset[str]] = (one.nodes for one in queue.partitions if mine(one.name))
    return frozenset().union(*chosen)


def _per_mwh(rates: Rates, gpu_hour: Series, cpu_hour: Series, machines: tuple[int, int]) -> Series:
    """What the machines cost in an hour over what they draw in it, per MWh."""
    gpus, cpus = machines
    mw = rates.kw(gpus, cpus) / 1000
    if mw == 0:
        return Series(Signal.PRICE, gpu_hour.times[:1], (0.0,), gpu_hour.end, 0, "rates")
    whole = on_common_steps(gpu_hour, cpu_hour, lambda gpu, cpu: (gpus * gpu + cpus * cpu) / mw)
    return replace(whole, signal=Signal.PRICE)
