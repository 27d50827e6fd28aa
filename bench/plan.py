"""A full plan of one turn and the turn after it: ``make bench-plan``.

Two levels side by side. *Columns*: jobs are columns already; every job's best start on its
cluster, what all take together, and the surcharge adjusted as in the first turn of a slot.
*Clusters*: all of the planner, from queue to plan. At *first sight* every record is new; a *full
plan* answers everything anew for records that are known; then turns of the same slot in which some
records changed. Half of the jobs are on each of two clusters, 192 slots ahead; contenders take
turns.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.timing import Budget, Spread, finish, interleaved, machine, print_rows
from slurm_energy.decide.durations.runtimes import History
from slurm_energy.decide.market.congestion import Wishes, settle
from slurm_energy.decide.market.market import FIRST
from slurm_energy.decide.market.starts import Asks
from slurm_energy.decide.market.stopping import Resumables
from slurm_energy.decide.plan import Plan
from slurm_energy.decide.planner import plan_cluster
from slurm_energy.decide.pricing.price import Curve
from slurm_energy.decide.pricing.prices import Prices
from slurm_energy.decide.rules.guard import Subject
from slurm_energy.model.contract import Annotation, Contract, WorkloadClass
from slurm_energy.model.decision import JobEnd
from slurm_energy.model.held import Held
from slurm_energy.model.job import Job, JobKey, JobState, Partition, Queue
from slurm_energy.model.policy import Policy

HOUR, SLOT = 3600, 900
AHEAD = 192
SLOTS = 2 * AHEAD + 1
KINDS = 256
"""Distributions of run times among the jobs: of users and their kinds of work."""
NOW = 1_790_000_100
POLICY = Policy(busy_hours=1e9)
CLUSTERS = ("east", "west")
CLASSES = (WorkloadClass.EVALUATION, WorkloadClass.TRAINING, WorkloadClass.NEARLINE)
SOURCE = "issue: a full plan of 100,000 pending jobs, 192 slots, two clusters"
LINEAR = "issue: linear in jobs; twice the growth in jobs is the most that is allowed"

Real = NDArray[np.float64]


def grid(random: np.random.Generator) -> Real:
    """A made-up price: days, weather and noise."""
    hours = np.arange(SLOTS) / 4
    return np.asarray(
        np.sin(hours * 2 * np.pi / 24) + np.sin(hours / 17) + random.normal(0, 0.2, SLOTS)
    )


def run_times(random: np.random.Generator, kinds: int = KINDS) -> Real:
    """Chances of going on: exponential runs of a quarter of an hour to half a day."""
    means = np.exp(random.uniform(np.log(1), np.log(48), kinds))
    return np.ascontiguousarray(np.exp(-np.arange(AHEAD) / means[:, None]))


def learned(random: np.random.Generator) -> History:
    """What the daemon knows of run times after ten jobs of each kind: a user's jobs of a name."""
    history = History(POLICY.typical_run)
    means = np.exp(random.uniform(np.log(HOUR / 4), np.log(12 * HOUR), KINDS))
    for number in range(10 * KINDS):
        kind = number % KINDS
        ran = 1 + int(min(random.exponential(means[kind]), 12 * HOUR - 1))
        history.learn(_end(number, kind, ran))
    return history


def name_of(kind: int) -> str:
    """A name without digits, which would be the job's and not the kind's."""
    return "job-" + chr(ord("a") + kind // 16) + chr(ord("a") + kind % 16)


def _end(number: int, kind: int, ran: int) -> JobEnd:
    return JobEnd(
        key=JobKey(CLUSTERS[0], 1_000_000 + number, NOW - 86_400),
        ran_on=CLUSTERS[0],
        name=name_of(kind),
        user=f"u{kind % 40}",
        account="a",
        partition="gpu",
        state="COMPLETED",
        eligible=NOW - 86_400,
        start=NOW - 86_400,
        end=NOW - 86_400 + ran,
        time_limit=12 * HOUR,
        gpus=1,
        cpus=1,
        nodes=1,
    )


@dataclass(frozen=True, slots=True)
class Columns:
    """One cluster's market with its columns prepared."""

    prices: Prices
    wishes: Wishes
    capacity: Real

    def plan(self) -> Real:
        """As in the first turn of a slot: three adjustments, four times every answer."""
        here = np.array([True, True, True])
        found = settle(self.prices, here, self.wishes, self.capacity, np.zeros(SLOTS))
        return found.surcharge


def columns(jobs: int, stoppable: bool, seed: int) -> Columns:
    """Half of ``jobs`` at a market whose capacity is a tenth of what they want at once."""
    random = np.random.default_rng(seed)
    count = jobs // 2
    values = np.stack([grid(random) for _ in CLASSES])
    alive = run_times(random)
    prices = Prices(0, SLOT, values, np.ones(3), np.full(3, SLOTS))
    curve, shape = random.integers(0, 3, count), random.integers(0, KINDS, count)
    wait = random.integers(1, 97, count)
    zero, units = np.zeros(count, dtype=np.int64), np.full(count, 10 / count)
    few = slice(0, 0)
    asks = Asks(curve, shape, zero, wait, zero - 1, np.full(count, 1e-3), units)
    courses = Resumables(
        curve, shape, zero, wait, np.zeros(count), np.zeros(count, np.uint8), 0.02 * units, units
    )
    asks = asks if not stoppable else Asks(*(column[few] for column in _fields(asks)))
    courses = courses if stoppable else Resumables(*(column[few] for column in _fields(courses)))
    wishes = Wishes(alive, asks, courses, np.zeros(SLOTS), 0.5, 0.1)
    return Columns(prices, wishes, np.full(SLOTS, 0.9))


def _fields(thing: Asks | Resumables) -> list[Any]:
    return [getattr(thing, name) for name in thing.__slots__]


@dataclass
class Clusters:
    """Two clusters with their queues, and the plans that were made of them."""

    jobs: int
    rounds: int = 0

    def __post_init__(self) -> None:
        random = np.random.default_rng(7)
        self.runs = learned(random)
        self.curves = {
            name: {kind: Curve(NOW, SLOT, grid(random)) for kind in WorkloadClass}
            for name in CLUSTERS
        }
        self.subjects = {name: make_subjects(name, self.jobs // 2, random) for name in CLUSTERS}
        self.queues = {name: make_queue(name, of) for name, of in self.subjects.items()}
        self.now = NOW
        self.plans = self.planned(None)

    def planned(self, before: dict[str, Plan] | None) -> dict[str, Plan]:
        """Both clusters' plans, the first ever or going on from those before."""
        found = {}
        for name in CLUSTERS:
            found[name] = plan_cluster(
                self.queues[name],
                self.subjects[name],
                self.curves,
                POLICY,
                {},
                self.now,
                run_times=self.runs,
                outlook=FIRST if before is None else before[name].outlook,
            )
        return found

    def next_slot(self) -> object:
        """A turn that answers everything anew, as when prices change: records are as they were."""
        before = {
            name: replace(plan, outlook=replace(plan.outlook, congestion=None))
            for name, plan in self.plans.items()
        }
        return self.planned(before)

    def again(self, changed: int) -> Callable[[], object]:
        """A turn half a minute later in the same slot, so many records being new."""

        def turn() -> object:
            self.rounds += 1
            self.now = NOW + 30 * (self.rounds % 29)
            for name in CLUSTERS if changed else ():
                self._change(name, changed // 2)
            self.plans = self.planned(self.plans)
            return self.plans

        return turn

    def _change(self, name: str, count: int) -> None:
        """So many records of a cluster are read anew; the others are the same objects."""
        subjects, jobs = self.subjects[name], list(self.queues[name].jobs)
        for row in range(count):
            jobs[row] = replace(jobs[row], cpus=1 + self.rounds % 7)
            subjects[row] = replace(subjects[row], job=jobs[row])
        self.queues[name] = replace(self.queues[name], jobs=tuple(jobs))


def make_subjects(cluster: str, count: int, random: np.random.Generator) -> list[Subject]:
    """Pending jobs of three classes that may wait up to a day."""
    kinds = random.integers(0, KINDS, count)
    waits = random.integers(1, 97, count) * SLOT
    return [
        _subject(cluster, number, int(kinds[number]), int(waits[number])) for number in range(count)
    ]


def _subject(cluster: str, number: int, kind: int, wait: int) -> Subject:
    job = Job(
        cluster=cluster,
        job_id=number + 1,
        name=name_of(kind),
        user=f"u{kind % 40}",
        account="a",
        partition="gpu",
        qos="normal",
        state=JobState.PENDING,
        reason="Priority",
        submit_time=NOW,
        eligible_time=NOW,
        time_limit=12 * HOUR,
        nodes=1,
        cpus=1,
        gpus=1,
        site_factor=0,
        priority_set=False,
    )
    contract = Contract(CLASSES[number % 3], urgency=20, rule="tag", max_delay=wait)
    annotation = Annotation(contract, NOW, 0, (), 0, "class=evaluation")
    return Subject(JobKey(cluster, job.job_id, NOW), job, annotation, Held(begin=NOW))


def make_queue(cluster: str, subjects: Sequence[Subject]) -> Queue:
    """A cluster of a twentieth of what they want at once: a crowd."""
    nodes = frozenset(f"{cluster}{number}" for number in range(100))
    gpus = max(1, len(subjects) // 20)
    return Queue(
        cluster=cluster,
        read_at=NOW,
        jobs=tuple(subject.job for subject in subjects),
        partitions=(Partition("gpu", nodes, gpus),),
        gpus_total=gpus,
        gpus_idle=gpus,
        job_count=len(subjects),
        age_points_per_hour=100.0,
    )


def measure_columns(sizes: Sequence[int], repeats: int) -> list[dict[str, object]]:
    """Seconds of both clusters' markets by size, in one piece and interruptible."""
    rounds: dict[str, Callable[[], object]] = {}
    for jobs in sizes:
        for name, stoppable in (("one piece", False), ("interruptible", True)):
            both = [columns(jobs, stoppable, seed) for seed in (1, 2)]
            rounds[f"columns, {name}|{jobs}"] = _both(both)
    return _rows(interleaved(rounds, repeats))


def _both(markets: Sequence[Columns]) -> Callable[[], object]:
    return lambda: [one.plan() for one in markets]


def measure_plans(sizes: Sequence[int], repeats: int) -> list[dict[str, object]]:
    """The planner on objects: the first turn, and later ones in which little changed."""
    rounds: dict[str, Callable[[], object]] = {}
    for jobs in sizes:
        world = Clusters(jobs)
        rounds[f"clusters, first sight|{jobs}"] = lambda world=world: world.planned(None)  # type: ignore[misc]
        rounds[f"clusters, full plan|{jobs}"] = world.next_slot
        if jobs == max(sizes):
            for changed in (0, 10, 1000):
                rounds[f"clusters, {changed} changed|{jobs}"] = world.again(changed)
    return _rows(interleaved(rounds, repeats))


def _rows(seconds: dict[str, list[float]]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for name, turns in seconds.items():
        label, _, jobs = name.partition("|")
        spread = Spread.of(turns)
        rows.append(
            {
                "what": label,
                "jobs": int(jobs),
                "ms": spread.median * 1e3,
                "quartiles": f"{spread.low * 1e3:.1f}-{spread.high * 1e3:.1f}",
                "us/job": spread.median / int(jobs) * 1e6,
            }
        )
    return rows


def budgets(rows: Sequence[dict[str, object]]) -> list[Budget]:
    """Seconds at the largest size, and growth from the smallest."""
    found = []
    by_name: dict[str, dict[int, float]] = {}
    for row in rows:
        by_name.setdefault(str(row["what"]), {})[int(str(row["jobs"]))] = float(str(row["ms"]))
    for name, at in by_name.items():
        if not name.startswith("columns") and name != "clusters, full plan":
            continue
        small, large = min(at), max(at)
        growth = (large / small) / (at[large] / at[small])
        found.append(Budget(f"{name}: {large / small:g} x the jobs, growth", growth, 0.5, LINEAR))
        if not name.endswith("interruptible"):
            found.append(Budget(f"{name}: 0.3 s / {large} jobs", 300 / at[large], 1.0, SOURCE))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--jobs", type=int, nargs="+", default=[10_000, 30_000, 100_000])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    rows = measure_columns(arguments.jobs, arguments.repeats)
    rows += measure_plans(arguments.jobs, arguments.repeats)
    if not arguments.json:
        print(f"{machine()}, numpy {np.__version__}, one thread; 192 slots, two clusters")
        print_rows(rows)
    report = {"machine": machine(), "numpy": np.__version__, "rows": rows}
    finish(report, budgets(rows), as_json=arguments.json)


if __name__ == "__main__":
    main()
