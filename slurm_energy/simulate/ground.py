"""From a request to its scene: jobs, sites and signals read, and what was assumed on the way."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from slurm_energy.simulate.costs import with_costs
from slurm_energy.simulate.generate import generate
from slurm_energy.simulate.options import Slack
from slurm_energy.simulate.place import Terms, place
from slurm_energy.simulate.request import Column, JobsFile, Made, Request, Stopping
from slurm_energy.simulate.scene import Pool, Queueing, Scene, Site
from slurm_energy.simulate.signals import carbon_column, price_column
from slurm_energy.simulate.trace import Trace
from slurm_energy.simulate.traces.read import read

USUAL_SLACK = Slack(short=6 * 3600, long=24 * 3600)
"""Taken where neither the options nor the trace say how long any job may wait."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What is given before anybody decides."""

    scene: Scene
    trace: Trace
    slack: Slack | None
    """By queue, for jobs that state none; None: classes say it."""
    assumed: bool
    """The slack is ours: nobody stated any."""


def ground(request: Request) -> Ground:
    """The scene of a request. Raises ``InputError`` with the file and line that is wrong."""
    trace = _trace(request.jobs)
    assumed = request.slack is None and _says_nothing(trace)
    slack = USUAL_SLACK if assumed else request.slack
    stopping = request.interruptible
    terms = Terms(slack, None if stopping is Stopping.TRACE else stopping is Stopping.ALL)
    scene = place(
        trace,
        _sites(request),
        request.start,
        request.hours,
        terms,
        interruption_cost=request.interruption_cost,
    )
    return Ground(replace(scene, queueing=Queueing(request.backfill)), trace, slack, assumed)


def _trace(jobs: JobsFile | Made) -> Trace:
    if isinstance(jobs, Made):
        return generate(jobs.seed, jobs.jobs, jobs.days, widest=jobs.widest)
    return read(jobs.path, unit=jobs.unit, skip_malformed=jobs.skip_malformed)


def _says_nothing(trace: Trace) -> bool:
    """Whether no job has a class, a deadline or a longest delay."""
    return not any(
        job.workload_class is not None or job.deadline is not None or job.max_delay is not None
        for job in trace.jobs
    )


def _sites(request: Request) -> Sequence[Site]:
    """The primary, named as its column, and the second."""
    sites = [_site(request.carbon, request.price, request.capacity, request.idle_power)]
    if request.nodes is not None:
        sites = [replace(sites[0], machines=request.nodes)]
    if request.second is not None:
        second = request.second
        other = _site(second.carbon, second.price, second.capacity, request.idle_power)
        alike = other.name == sites[0].name
        sites.append(replace(other, name=f"{other.name}-2") if alike else other)
    return sites if request.costs is None else with_costs(sites, request.costs)


def _site(carbon: Column, price: Column | None, units: int | None, idle: float) -> Site:
    return Site(
        name=carbon[1],
        machines=Pool(units, idle_share=idle),
        carbon=carbon_column(*carbon),
        price=None if price is None else price_column(*price),
    )
