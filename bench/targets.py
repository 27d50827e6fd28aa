"""How near the planner comes to the optimum: one function per target, on public data.

``python -m bench.targets one-block capacity …`` (or ``all``); data from ``SLURM_ENERGY_DATA``.
Every figure is measured in one run beside its baseline and its bound.
"""

import argparse
import math
import os
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

from slurm_energy.decide.durations.shapes import RunTimes, Shapes
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.job import Job
from slurm_energy.model.policy import Policy
from slurm_energy.model.series import Series, Signal
from slurm_energy.simulate.bound import bound
from slurm_energy.simulate.contender import nobody, ours, policy_of
from slurm_energy.simulate.ground import ground
from slurm_energy.simulate.objective import blend
from slurm_energy.simulate.online_runs import OnlineRuns
from slurm_energy.simulate.options import Slack
from slurm_energy.simulate.published import PUBLISHED
from slurm_energy.simulate.request import JobsFile, Knowing, Made, Request, Sight, Stopping
from slurm_energy.simulate.run import Outcome, simulate
from slurm_energy.simulate.scene import Pool, Scene, Site
from slurm_energy.simulate.score import Score, late_through_us, score
from slurm_energy.simulate.sight import foresight
from slurm_energy.simulate.trace import TraceJob
from slurm_energy.simulate.traces.csvtrace import TimeUnit
from slurm_energy.simulate.weights import WEIGHTS, weighing

DATA = Path(os.environ.get("SLURM_ENERGY_DATA") or "../shared/data")
ZONES = ("AU-SA", "US-CAL-CISO", "US-TEX-ERCO", "GB", "DE", "FR")
WEEK = JobsFile(DATA / "jobs/pai_1k.csv")
YEAR = JobsFile(DATA / "jobs/pai-100k.csv", TimeUnit.HOURS)
SLACK = Slack(short=6 * 3600, long=24 * 3600)
STARTS = [168 + 720 * month for month in range(12)]
BUSY_WEEKS = {22: (2688, 3048, 5568, 5928), 20: (1248, 1608, 4128, 4488)}
"""By units, hours of 2022 that nothing was chosen on but how much room is kept."""
KNOWN = {
    "AU-SA": 91.2,
    "US-CAL-CISO": 91.4,
    "US-TEX-ERCO": 89.7,
    "GB": 89.5,
    "DE": 89.1,
    "FR": 88.8,
}
"""Share of the oracle, in percent, that optimal stopping keeps with the queue's run times known
(5-minute grain, one start a month)."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One play: its figures, and the scene they hold for."""

    scene: Scene
    outcome: Outcome
    score: Score
    at_once: float
    """Carbon of running at once without limit, kg."""

    @property
    def saved(self) -> float:
        """Percent of the carbon of running at once."""
        return 100 * (1 - self.score.all.carbon_kg / self.at_once)


def asked(zone: str, hour: int = 7000, **changes: object) -> Request:
    """The week of GPU jobs on a zone from an hour of 2022."""
    start = datetime(2022, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
    known: dict[str, object] = {
        "jobs": WEEK,
        "carbon": (DATA / "carbon/2022_hourly.csv", zone),
        "start": int(start.timestamp()),
        "hours": 720,
        "policy": "carbon-first",
        "slack": SLACK,
        "run_times": Knowing.TRACE,
        "interruptible": Stopping.NONE,
    }
    return Request(**(known | changes))  # type: ignore[arg-type]


def play(request: Request, change: Callable[[Policy], Policy] = lambda policy: policy) -> Measured:
    """One play of the request, its policy changed as told."""
    scene = ground(request).scene
    policy = change(policy_of(request, request.policy, priced=request.price is not None))
    outcome = ours(scene, request, request.policy, policy)
    return Measured(scene, outcome, score(scene, outcome.schedule), at_once(scene))


def at_once(scene: Scene) -> float:
    """Carbon of running every job at its submit, without any limit, in kg."""
    free = replace(scene, sites=tuple(replace(one, machines=Pool(None)) for one in scene.sites))
    return score(free, PUBLISHED["run-at-once"](free)).all.carbon_kg


def best(measured: Measured) -> float:
    """Percent that the bound of its scene saves, against running at once."""
    return 100 * (1 - bound(measured.scene).value / measured.at_once)


def dearer(price: float) -> Callable[[Policy], Policy]:
    """A price on delay, per hour, for every class."""

    def change(policy: Policy) -> Policy:
        classes = {name: replace(kind, delay=price) for name, kind in policy.classes.items()}
        return replace(policy, classes=classes)

    return change


def say(text: str) -> None:
    print(text, flush=True)


def one_block() -> None:
    """AU-SA from hour 7000, each job in one piece."""
    for name, price in (("carbon-first", 0.0), ("delay 0.06", 0.06), ("delay 0.1", 0.1)):
        found = play(asked("AU-SA"), dearer(price))
        say(
            f"one block, {name}: saved {found.saved:.2f} %, mean delay "
            f"{found.score.all.mean_delay_hours:.2f} h, late {found.score.all.deadline_misses}"
        )


def stopping() -> None:
    """The same, free to stop; without limit, and at 45 and 30 units."""
    for units in (None, 45, 30):
        found = play(asked("AU-SA", interruptible=Stopping.ALL, capacity=units))
        share = 100 * found.saved / best(found)
        say(
            f"interruptible, capacity {units}: saved {found.saved:.2f} %, {share:.1f} % of the "
            f"LP bound, late {found.score.all.deadline_misses}, stops {found.outcome.stops}"
        )


def grids() -> None:
    """Six zones, twelve starts: ratio of means against the clairvoyant optimum."""
    for zone in ZONES:
        ours_, oracle = [], []
        for hour in STARTS:
            found = play(asked(zone, hour, interruptible=Stopping.ALL))
            ours_.append(found.saved)
            oracle.append(best(found))
        share = 100 * statistics.mean(ours_) / statistics.mean(oracle)
        say(
            f"{zone}: saved {statistics.mean(ours_):.2f} of {statistics.mean(oracle):.2f} %, "
            f"{share:.1f} % of the oracle, {share / KNOWN[zone]:.3f} of optimal stopping"
        )


def busy() -> None:
    """22 and 20 units, idle power, interruptions of five minutes: own forecasts, and the truth."""
    for zone in ("AU-SA", "DE", "US-TEX-ERCO"):
        for units in (22, 20):
            for sight in (Sight.LEARNED, Sight.PERFECT):
                say(_busy(zone, units, sight).text)


def weeks() -> None:
    """As ``busy`` with own forecasts, in eight other weeks of six grids; then the mean of all."""
    plays = []
    for units, hours in BUSY_WEEKS.items():
        for hour, zone in product(hours, ZONES):
            plays.append(_busy(zone, units, Sight.LEARNED, hour))
            say(plays[-1].text)
    say(
        f"{len(plays)} plays: {statistics.mean(play.share for play in plays):.1f} % of the bound "
        f"on the mean, late through us {sum(play.through for play in plays)}"
    )


@dataclass(frozen=True, slots=True)
class Busy:
    """One play of a busy cluster: percent of the feasible bound, late through us, and in words."""

    share: float
    through: int
    text: str


def _busy(zone: str, units: int, sight: Sight, hour: int = 7000) -> Busy:
    request = asked(
        zone,
        hour,
        capacity=units,
        idle_power=0.35,
        forecast=sight,
        interruptible=Stopping.ALL,
        interruption_cost=300,
    )
    found = play(request)
    before = score(found.scene, nobody(found.scene).schedule)
    feasible = bound(found.scene, before).value
    spared = before.all.carbon_kg - found.score.all.carbon_kg
    share = 100 * spared / (before.all.carbon_kg - feasible)
    through = int(late_through_us(found.score, before).sum())
    return Busy(
        share,
        through,
        f"{zone}, hour {hour}, {units} units, {sight.value}: {share:.1f} % of the feasible bound, "
        f"late {found.score.all.deadline_misses}, without us {before.all.deadline_misses}, "
        f"through us {through}, stops {found.outcome.stops}",
    )


def forecasts() -> None:
    """History only: share of the oracle by forecast, mean of the twelve starts."""
    for zone in ZONES:
        for sight in (Sight.WEEK, Sight.LEARNED, Sight.AUTO):
            pairs = []
            for hour in STARTS:
                found = play(asked(zone, hour, interruptible=Stopping.ALL, forecast=sight))
                pairs.append((found.saved, best(found)))
            ours_, oracle = zip(*pairs, strict=True)
            share = 100 * statistics.mean(ours_) / statistics.mean(oracle)
            say(f"{zone}, {sight.value}: {share:.1f} % of the oracle")


def blends() -> None:
    """Carbon and price at five weights, each against the clairvoyant blend of the same weight."""
    for zone in ("DE", "US-CAL-CISO", "US-TEX-ERCO"):
        price = (DATA / "price/2022_hourly.csv", zone)
        request = asked(zone, price=price, policy="balanced", interruptible=Stopping.ALL)
        for weight in WEIGHTS:
            say(f"{zone}, weight of carbon {weight:g}: {_blend(request, weight)}")


def _blend(request: Request, weight: float) -> str:
    """What one weight saves, without a price on delay; and its optimum."""
    found = play(request, lambda policy: dearer(0.0)(weighing(policy, weight)))
    scene = found.scene
    once = score(scene, PUBLISHED["run-at-once"](scene)).all
    best = score(scene, bound(scene, objective=blend(scene, weight)).schedule).all
    carbon, most_carbon = (
        100 * (1 - one.carbon_kg / once.carbon_kg) for one in (found.score.all, best)
    )
    cost, most_cost = (
        100 * (1 - (one.energy_cost or 0) / (once.energy_cost or 1))
        for one in (found.score.all, best)
    )
    return (
        f"{carbon:.1f} of {most_carbon:.1f} % carbon ({100 * carbon / most_carbon:.1f} %), "
        f"{cost:.1f} of {most_cost:.1f} % cost ({100 * cost / most_cost:.1f} %)"
    )


def year() -> None:
    """A year of 100,000 jobs on 150 units: nobody late through us."""
    say(_large(8760, Stopping.NONE))


def year_begins() -> None:
    """Its first 1,000 hours, in one piece and free to stop."""
    for which in (Stopping.NONE, Stopping.ALL):
        say(_large(1000, which))


def _large(hours: int, stopping: Stopping) -> str:
    request = asked("AU-SA", 0, jobs=YEAR, hours=hours, capacity=150, interruptible=stopping)
    found = play(request)
    before = score(found.scene, nobody(found.scene).schedule)
    through = int(late_through_us(found.score, before).sum())
    beside = 100 * (1 - found.score.all.carbon_kg / before.all.carbon_kg)
    return (
        f"pai-100k, AU-SA, 150 units, {hours} h, interruptible {stopping.value}: saved "
        f"{found.saved:.2f} %, beside first come {beside:.2f} %, late through us {through} of "
        f"{len(found.scene.jobs)}, without us {before.all.deadline_misses}, "
        f"{found.outcome.turns} turns in {sum(found.outcome.seconds.values()):.0f} s"
    )


def history() -> None:
    """Generated traces: history by user and name against the queue's alone, account by account.

    The queue's is learned as jobs end, as ours is; beside it, that of the whole trace, which no
    daemon knows.
    """
    for zone in ("DE", "US-CAL-CISO"):
        for seed in (7, 1, 2, 3, 4):
            request = replace(asked(zone), **_MADE, jobs=Made(seed, 2000, 21))
            own = play(request, dearer(0.0))
            whole = play(replace(request, run_times=Knowing.TRACE), dearer(0.0))
            for name, queue in (("learned", _queue_alone(request)), ("of the whole trace", whole)):
                say(f"{zone}, seed {seed}, queue history {name}: {_compared(queue, own)}")


_MADE: Mapping[str, Any] = {"run_times": Knowing.ONLINE, "slack": None, "capacity": 400}


class QueueAlone:
    """Implements ``RunTimes``: of what is known, only what the queue tells."""

    def __init__(self, known: RunTimes) -> None:
        self._known = known

    def shapes(
        self, jobs: Sequence[Job], classes: Sequence[WorkloadClass], slot: int, slots: int
    ) -> Shapes:
        """The queue's distributions; while nothing is known, what the time limit says."""
        found = self._known.shapes(jobs, classes, slot, slots)
        return found.queue or found


def _queue_alone(request: Request) -> Measured:
    """One play at perfect sight, with nothing learned but the queue's run times."""
    scene = ground(request).scene
    policy = dearer(0.0)(policy_of(request, request.policy, priced=False))
    learned = OnlineRuns(scene.jobs, policy.typical_run)
    signals = foresight(scene.sites, 2 * policy.horizon)
    outcome = simulate(scene, policy, signals, QueueAlone(learned), tell=learned.tell)
    return Measured(scene, outcome, score(scene, outcome.schedule), at_once(scene))


def _compared(queue: Measured, own: Measured) -> str:
    """Savings and mean delays, and by how much the mean delay of the seven accounts changes."""
    before, after = accounts(queue), accounts(own)
    changes = sorted(100 * (after[name] / before[name] - 1) for name in before if before[name] > 0)
    return (
        f"saved {own.saved:.2f} %, mean delay {own.score.all.mean_delay_hours:.2f} h; "
        f"queue history {queue.saved:.2f} %, {queue.score.all.mean_delay_hours:.2f} h; accounts "
        f"{changes[0]:+.1f} to {changes[-1]:+.1f} %, median {statistics.median(changes):+.1f} %"
    )


def accounts(found: Measured) -> Mapping[str, float]:
    """Mean delay by account, in seconds."""
    delays: dict[str, list[float]] = {}
    for job, delay in zip(found.scene.jobs, found.score.delay, strict=True):
        delays.setdefault(job.account, []).append(float(delay))
    return {name: statistics.mean(each) for name, each in sorted(delays.items())}


def updates() -> None:
    """At most 60 updates a cycle: share of the saving without such a cap."""
    request = asked("AU-SA", interruptible=Stopping.ALL, capacity=45)
    free = play(request, lambda policy: replace(policy, update_cap=10**6))
    capped = play(request, lambda policy: replace(policy, update_cap=60))
    say(
        f"60 updates a cycle: {100 * capped.saved / free.saved:.1f} % of the saving without a cap "
        f"({capped.saved:.2f} of {free.saved:.2f} %)"
    )


def crowd() -> None:
    """Identical jobs of an hour that come at once to 50 units before one clean night."""
    for jobs in (150, 190, 300):
        scene = _crowd(jobs)
        request = asked("made", run_times=Knowing.TRUE, capacity=50)
        outcome = ours(scene, request, "crowd", policy_of(request, "carbon-first", priced=False))
        found, before = score(scene, outcome.schedule), score(scene, nobody(scene).schedule)
        saved = before.all.carbon_kg - found.all.carbon_kg
        share = saved / (before.all.carbon_kg - bound(scene, before).value)
        say(
            f"crowd of {jobs}: {100 * share:.1f} % of the bound, late {found.all.deadline_misses}, "
            f"{outcome.updates} updates in {outcome.turns} turns"
        )


def _crowd(jobs: int) -> Scene:
    """All at noon, each on one unit; carbon swings by the day and is least at 2 h."""
    hours = range(5 * 24)
    grams = tuple(300 - 200 * math.cos((hour - 26) / 12 * math.pi) for hour in hours)
    carbon = Series(
        Signal.CARBON, tuple(3600 * hour for hour in hours), grams, 5 * 86_400, 0, "made"
    )
    alike = tuple(
        TraceJob(
            number=number,
            submit=12 * 3600,
            run=3600,
            gpus=1,
            limit=3600,
            workload_class=WorkloadClass.TRAINING,
            max_delay=86_400,
        )
        for number in range(1, jobs + 1)
    )
    return Scene(alike, (Site("made", Pool(50), carbon),), 0, carbon.end)


TARGETS: Mapping[str, Callable[[], None]] = {
    "one-block": one_block,
    "stopping": stopping,
    "grids": grids,
    "busy": busy,
    "weeks": weeks,
    "forecasts": forecasts,
    "blends": blends,
    "history": history,
    "year-begins": year_begins,
    "year": year,
    "updates": updates,
    "crowd": crowd,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="+", choices=[*TARGETS, "all"])
    chosen = parser.parse_args().targets
    if not (DATA / "carbon").is_dir():
        sys.exit(f"no public data in {DATA}: name its directory in SLURM_ENERGY_DATA")
    for name in TARGETS if "all" in chosen else chosen:
        TARGETS[name]()


if __name__ == "__main__":
    main()
