"""What a person asked the simulator for: every option's text as a value, or one line of error."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from slurm_energy.errors import InputError
from slurm_energy.simulate.options import (
    Slack,
    column_of,
    duration_of,
    nodes_of,
    pairs_of,
    slack_of,
    start_of,
    whole_of,
)
from slurm_energy.simulate.published import PUBLISHED
from slurm_energy.simulate.scene import Backfill, Nodes
from slurm_energy.simulate.traces.csvtrace import TimeUnit

Column = tuple[Path, str]
"""A file, and the column of it that is meant."""


class Sight(StrEnum):
    """What the planner is told of the hours to come."""

    PERFECT = "perfect"
    YESTERDAY = "yesterday"
    WEEK = "week"
    LEARNED = "learned"
    AUTO = "auto"
    """Of these three, the one that has ranked best so far; a threshold where none ranks."""


class Knowing(StrEnum):
    """What the planner is told of run times."""

    ONLINE = "online"
    """What has finished so far."""
    TRACE = "trace"
    """Its queue's distribution over the whole trace: GAIA's assumption."""
    TRUE = "true"
    """The run time itself: only an oracle knows that."""


class Stopping(StrEnum):
    """Which jobs may be stopped and resumed."""

    NONE = "none"
    ALL = "all"
    TRACE = "trace"
    """Those that say so, in classes whose policy allows it."""


@dataclass(frozen=True, slots=True)
class JobsFile:
    """Recorded jobs."""

    path: Path
    unit: TimeUnit = TimeUnit.SECONDS
    skip_malformed: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """Jobs from the generator."""

    seed: int
    jobs: int = 1000
    days: int = 21
    widest: int = 64


@dataclass(frozen=True, slots=True)
class Second:
    """The second cluster."""

    carbon: Column
    capacity: int | None = None
    price: Column | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One study. Times are seconds since the epoch, durations seconds."""

    jobs: JobsFile | Made
    carbon: Column
    start: int
    hours: float
    policy: str = "balanced"
    price: Column | None = None
    capacity: int | None = None
    nodes: Nodes | None = None
    """The primary's machines instead of a pool."""
    slack: Slack | None = None
    forecast: Sight = Sight.PERFECT
    run_times: Knowing = Knowing.ONLINE
    interruptible: Stopping = Stopping.TRACE
    interruption_cost: int = 0
    idle_power: float = 0.0
    demand_charge: float = 0.0
    """Price of a kW of each month's highest draw."""
    backfill: Backfill = Backfill.FIRST_FIT
    second: Second | None = None
    costs: Path | None = None
    """A configuration file whose [costs] hold, by the sites' names."""
    frontier: bool = False
    """Whether the weights from price alone to carbon alone are played as well."""
    told: Mapping[str, str] = field(default_factory=dict)
    """The options as they were written."""


def request(given: Mapping[str, object]) -> Request:
    """The study that the options (by name, as text) ask for. Raises ``InputError``."""
    text = {
        name: str(value)
        for name, value in given.items()
        if value is not None and value is not False
    }
    price, second, slack = text.get("price"), text.get("secondary"), text.get("slack")
    found = Request(
        jobs=_jobs(text),
        carbon=column_of(text["carbon"]),
        price=None if price is None else column_of(price),
        start=start_of(text["start"]),
        hours=float(text["hours"]),
        policy=text["policy"],
        capacity=whole_of("capacity", text["capacity"]) if "capacity" in text else None,
        nodes=nodes_of(text["nodes"]) if "nodes" in text else None,
        slack=None if slack is None else slack_of(slack),
        forecast=Sight(text["forecast"]),
        run_times=Knowing(text["run_times"]),
        interruptible=Stopping(text["interruptible"]),
        interruption_cost=duration_of(text["interruption_cost"], "interruption cost"),
        idle_power=float(text["idle_power"]),
        demand_charge=float(text.get("demand_charge", 0.0)),
        backfill=Backfill(text["backfill"]),
        second=None if second is None else second_of(second),
        costs=Path(text["costs"]) if "costs" in text else None,
        frontier="frontier" in text,
        told=text,
    )
    _check_idle(found)
    _check_frontier(found)
    return found


def second_of(text: str) -> Second:
    """``FILE:COLUMN[,capacity=N][,price=FILE:COLUMN]``. Raises ``InputError``."""
    column, *rest = text.split(",")
    pairs = pairs_of("secondary", rest, ("capacity", "price"))
    return Second(
        carbon=column_of(column),
        capacity=whole_of("capacity", pairs["capacity"]) if "capacity" in pairs else None,
        price=column_of(pairs["price"]) if "price" in pairs else None,
    )


def made_of(text: str) -> Made:
    """``seed=7[,jobs=1000][,days=21][,widest=64]``. Raises ``InputError``."""
    pairs = pairs_of("generate", text.split(","), ("seed", "jobs", "days", "widest"))
    if "seed" not in pairs:
        raise InputError(f"generate {text!r} names no seed; write it as seed=7,jobs=1000,days=21")
    numbers = {name: whole_of(name, value, least=0) for name, value in pairs.items()}
    return Made(**numbers)


def _jobs(text: Mapping[str, str]) -> JobsFile | Made:
    if ("jobs" in text) == ("generate" in text):
        raise InputError("name the jobs once: --jobs FILE for recorded ones, or --generate seed=7")
    if "generate" in text:
        return made_of(text["generate"])
    unit = TimeUnit(text["time_unit"])
    return JobsFile(Path(text["jobs"]), unit, "skip_malformed" in text)


def _check_idle(found: Request) -> None:
    """Idle units can only be counted where their number is known, and nodes have watts."""
    if found.nodes is not None and (found.capacity is not None or found.idle_power):
        raise InputError(
            "nodes say how many GPUs there are and what idle ones draw (idle=, base=); leave "
            "--capacity and --idle-power out"
        )
    if not 0 <= found.idle_power <= 1:
        raise InputError(f"idle power {found.idle_power} is no share of a unit's; use 0 to 1")
    second_open = found.second is not None and found.second.capacity is None
    if found.demand_charge and found.price is None:
        raise InputError("a demand charge is weighed against the price of energy; give --price")
    if found.idle_power and (found.capacity is None or second_open):
        raise InputError(
            f"idle power {found.idle_power:g} needs to know how many units there are; "
            "give --capacity, and capacity= of --secondary"
        )


def _check_frontier(found: Request) -> None:
    """Weights between carbon and price can only be tried where every cluster has both."""
    second_free = found.second is not None and found.second.price is None
    if found.frontier and (found.price is None or second_free):
        raise InputError(
            "frontier weighs carbon against price, and a cluster has no price; "
            "give --price, and price= of --secondary"
        )
    if found.frontier and found.policy in PUBLISHED:
        raise InputError(
            f"frontier plays weights of our own, and {found.policy} has none; name a preset or a "
            "policy file, or leave --frontier out"
        )
