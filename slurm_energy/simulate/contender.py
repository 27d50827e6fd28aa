"""Everybody who plays a scene: ours under any policy, nobody at all, and what others published."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from slurm_energy.config.policy import policy_named, weighing
from slurm_energy.model.policy import Policy
from slurm_energy.model.power import PowerLimit
from slurm_energy.signals.forecast.learned import Learned
from slurm_energy.signals.forecast.naive import week, yesterday
from slurm_energy.signals.forecast.tournament import Tournament
from slurm_energy.simulate import run
from slurm_energy.simulate.draw import units_of
from slurm_energy.simulate.judge import Played
from slurm_energy.simulate.known_runs import QueueRuns, TrueRuns
from slurm_energy.simulate.online_runs import OnlineRuns
from slurm_energy.simulate.power import UNPOWERED, powered
from slurm_energy.simulate.published import PUBLISHED
from slurm_energy.simulate.request import Knowing, Request, Sight, Stopping
from slurm_energy.simulate.run import Outcome, Progress
from slurm_energy.simulate.scene import Backfill, Scene
from slurm_energy.simulate.sight import Forecaster, Shown, forecast, foresight

_FORECASTERS: Mapping[Sight, Callable[[], Forecaster]] = {
    Sight.YESTERDAY: yesterday,
    Sight.WEEK: week,
    Sight.LEARNED: Learned,
    Sight.AUTO: Tournament,
}
_BACKFILL = {
    Backfill.EASY: "EASY backfill",
    Backfill.CONSERVATIVE: "conservative backfill",
    Backfill.FIRST_FIT: "backfill by first fit",
}


def policy_of(request: Request, name: str, *, priced: bool) -> Policy:
    """The named policy as this request plays it: stops allowed where all jobs may be stopped.

    A stop that costs nothing needs no least run between two of them. Raises ``ConfigError``.
    """
    found = weighing(policy_named(name), carbon=True, price=priced)
    found = replace(found, interruption_cost=request.interruption_cost)
    if request.interruption_cost == 0:
        found = replace(found, least_run=0)
    if request.interruptible is not Stopping.ALL:
        return found
    classes = {name: replace(kind, stop=True) for name, kind in found.classes.items()}
    return replace(found, classes=classes)


def ours(
    scene: Scene, request: Request, name: str, policy: Policy, progress: Progress | None = None
) -> Outcome:
    """The scene under the daemon's own cycle, which sees and knows what the request says."""
    signals = _signals(scene, request.forecast, policy)
    power = UNPOWERED
    if request.demand_charge:
        power = powered(scene, PowerLimit(demand_charge=request.demand_charge))
    if request.run_times is Knowing.ONLINE:
        learned = OnlineRuns(scene.jobs, policy.typical_run)
        outcome = run.simulate(
            scene,
            policy,
            signals,
            learned,
            tell=learned.tell,
            name=name,
            progress=progress,
            power=power,
        )
    else:
        runs = (TrueRuns if request.run_times is Knowing.TRUE else QueueRuns)(scene.jobs)
        outcome = run.simulate(
            scene, policy, signals, runs, name=name, progress=progress, power=power
        )
    return replace(outcome, forecasters=signals.spoke)


def nobody(scene: Scene, progress: Progress | None = None) -> Played:
    """The scene without us: first come on the same machines, at once where nothing limits."""
    outcome = run.first_come(scene, progress=progress)
    return Played(replace(outcome.schedule, policy=queue_name(scene)), outcome.dark)


def published(scene: Scene, name: str) -> Played:
    """A published policy; with a limit, the queue of the site serves what it chose.

    Published policies know no capacity. Where there is one, each job is eligible from the start
    that the policy chose and then waits its turn, in one piece and on the primary.
    """
    if units_of(scene.sites[0].machines) is None:
        return Played(PUBLISHED[name](scene))
    whole = tuple(replace(job, interruptible=False, movable=False) for job in scene.jobs)
    chosen = PUBLISHED[name](replace(scene, jobs=whole))
    start = dict(zip(chosen.job.tolist(), chosen.start.tolist(), strict=True))
    eligible = [replace(job, submit=start[job.number]) for job in whole]
    later = tuple(sorted(eligible, key=lambda job: (job.submit, job.number)))
    outcome = run.first_come(replace(scene, jobs=later))
    label = f"{name}, then {queue_name(scene)}"
    return Played(replace(outcome.schedule, policy=label), outcome.dark)


def queue_name(scene: Scene) -> str:
    """How the cluster serves jobs that nobody defers: on which machines, with which backfill."""
    if units_of(scene.sites[0].machines) is None:
        return "run at once"
    return f"first-come with {_BACKFILL[scene.queueing.backfill]} on {machines_name(scene)}"


def machines_name(scene: Scene) -> str:
    """``30 units of DE and unlimited units of FR``."""
    limits = [(site.name, units_of(site.machines)) for site in scene.sites]
    return " and ".join(
        f"{'unlimited' if units is None else units} units of {name}" for name, units in limits
    )


def _signals(scene: Scene, sight: Sight, policy: Policy) -> Shown:
    """As far ahead as the planner can use: its horizon, and as much again for what runs then."""
    reach = 2 * policy.horizon
    if sight is Sight.PERFECT:
        return foresight(scene.sites, reach)
    return forecast(scene.sites, reach, _FORECASTERS[sight])
