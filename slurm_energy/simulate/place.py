"""A trace becomes a scene: on the epoch's clock, each job with the longest delay it may have."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from slurm_energy.errors import InputError
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.rules import default_classes
from slurm_energy.model.series import Series
from slurm_energy.simulate.options import Slack
from slurm_energy.simulate.scene import Nodes, Pool, Scene, Site
from slurm_energy.simulate.trace import Trace, TraceJob

SHORT = 2 * 3600
"""A job of less goes to the queue for short jobs, as its user would know at submit."""
_LONGEST = 20 * 8760
_RULES = default_classes()


@dataclass(frozen=True, slots=True)
class Terms:
    """What the options say of every job."""

    slack: Slack | None = None
    """The longest delay by queue, for jobs that state none of their own."""
    interruptible: bool | None = None
    """None: as the trace says."""


def place(
    trace: Trace,
    sites: Sequence[Site],
    start: int,
    hours: float,
    terms: Terms | None = None,
    *,
    interruption_cost: int = 0,
) -> Scene:
    """The trace played on ``sites`` (the primary first) from ``start`` (epoch) for ``hours``.

    Jobs that would run past the period or the signals if delayed by their whole slack are left
    out, as are jobs too wide for the primary; both are counted. Raises ``InputError`` where the
    signals do not know the start, the period is none, or no job is left.
    """
    terms = terms or Terms()
    if not 0 < hours <= _LONGEST:
        raise InputError(f"hours {hours} is no period; use more than 0, at most {_LONGEST}")
    end = min([start + round(hours * 3600), *(series.end for series in _signals(sites))])
    _check_start(sites, start)
    placed = [_placed(job, start, terms) for job in trace.jobs]
    fitting = [job for job in placed if _fits(job, sites[0].machines)]
    inside = [job for job in fitting if job.submit + (job.max_delay or 0) + job.run <= end]
    if not inside:
        msg = (
            f"none of the {len(placed)} jobs of {trace.source} fits the cluster and ends before "
            f"{_iso(end)}; use a longer period, less slack or more capacity"
        )
        raise InputError(msg)
    return Scene(
        jobs=tuple(_numbered(inside, movable=len(sites) > 1)),
        sites=tuple(sites),
        start=start,
        end=end,
        left_out=len(fitting) - len(inside),
        too_wide=len(placed) - len(fitting),
        interruption_cost=interruption_cost,
    )


def _signals(sites: Sequence[Site]) -> Iterator[Series]:
    for site in sites:
        yield from (series for series in (site.carbon, site.price) if series is not None)


def _check_start(sites: Sequence[Site], start: int) -> None:
    for series in _signals(sites):
        if series.at(start) is None:
            msg = (
                f"{series.source} tells nothing of the start {_iso(start)}; it runs from "
                f"{_iso(series.times[0])} to {_iso(series.end)}; start within it"
            )
            raise InputError(msg)


def _placed(job: TraceJob, start: int, terms: Terms) -> TraceJob:
    workload_class = _class(job, terms)
    return replace(
        job,
        submit=job.submit + start,
        deadline=None if job.deadline is None else job.deadline + start,
        partition=job.partition if terms.slack is None else queue_of(job),
        workload_class=workload_class,
        max_delay=_max_delay(job, workload_class, terms),
        interruptible=job.interruptible if terms.interruptible is None else terms.interruptible,
    )


def queue_of(job: TraceJob) -> str:
    """``short`` or ``long``: known at submit, as in GAIA (ASPLOS'24), where the run time is not."""
    return "short" if job.run < SHORT else "long"


def _class(job: TraceJob, terms: Terms) -> WorkloadClass | None:
    """Its own; one by its queue where the trace has none but something says how long it may wait.

    None: nobody asked for anything, and nobody touches the job.
    """
    asked = terms.slack or job.max_delay is not None or job.deadline is not None
    if job.workload_class is not None or not asked:
        return job.workload_class
    return WorkloadClass.EVALUATION if queue_of(job) == "short" else WorkloadClass.TRAINING


def _max_delay(job: TraceJob, workload_class: WorkloadClass | None, terms: Terms) -> int:
    """0 where its class is never deferred; else its own, its queue's, or its class's default."""
    rule = None if workload_class is None else _RULES.get(workload_class)
    if rule is None or not rule.defer:
        return 0
    if job.max_delay is not None:
        return job.max_delay
    if terms.slack is not None:
        return terms.slack.short if queue_of(job) == "short" else terms.slack.long
    return rule.max_delay


def _fits(job: TraceJob, machines: Pool | Nodes) -> bool:
    """Whether the empty machines could hold the job, or one task of its array."""
    if isinstance(machines, Pool):
        return machines.units is None or job.gpus <= machines.units
    gpus, cpus = machines.count * machines.gpus, machines.count * machines.cpus
    return job.nodes <= machines.count and job.gpus <= gpus and job.cpus <= cpus


def _numbered(jobs: Sequence[TraceJob], *, movable: bool) -> Iterator[TraceJob]:
    """From 1 on; ``movable``: so is every second one of those that are not latency-critical."""
    seen = 0
    for number, job in enumerate(jobs, start=1):
        seen += job.workload_class is not WorkloadClass.LATENCY_CRITICAL
        every_second = job.workload_class is not WorkloadClass.LATENCY_CRITICAL and seen % 2 == 0
        yield replace(job, number=number, movable=movable and every_second)


def _iso(time: int) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%MZ")
