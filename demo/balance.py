"""What the waiting was worth: carbon and cost of every job, in the act before and with us."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from demo.scene import Day
from slurm_energy.model.series import Series

GPU_KW = 0.4
"""Power of one GPU at work, assumed for the demo: the laboratory's GPUs draw nothing."""


@dataclass(frozen=True, slots=True)
class Run:
    """A job that ended. Times are wall seconds; ``deadline`` None where it had none."""

    job_id: int
    workload_class: str
    cluster: str
    gpus: int
    submit: int
    start: int
    end: int
    state: str
    deadline: int | None
    deferred: bool

    @property
    def in_time(self) -> bool | None:
        """Whether it finished by its deadline; None where it had none."""
        return None if self.deadline is None else self.end <= self.deadline


@dataclass(frozen=True, slots=True)
class Cost:
    """Energy in kWh, carbon in kg, money in the price's currency."""

    energy: float = 0.0
    carbon: float = 0.0
    money: float = 0.0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            self.energy + other.energy, self.carbon + other.carbon, self.money + other.money
        )


@dataclass(frozen=True, slots=True)
class Line:
    """One class in one act; waits in wall seconds."""

    jobs: int
    deferred: int
    with_deadline: int
    in_time: int
    mean_wait: float
    cost: Cost


def cost(run: Run, day: Day) -> Cost:
    """What ``run`` cost: its recorded hours at the signal of each."""
    begin, finish = day.scale.recorded_time(run.start), day.scale.recorded_time(run.end)
    power = run.gpus * GPU_KW
    return Cost(
        energy=power * (finish - begin) / 3600,
        carbon=power * integral(day.carbon[run.cluster], begin, finish) / 3600 / 1000,
        money=power * integral(day.price[run.cluster], begin, finish) / 3600 / 1000,
    )


def integral(series: Series, begin: float, finish: float) -> float:
    """The series times seconds over ``[begin, finish)``, which it must cover."""
    total, at = 0.0, begin
    while at < finish:
        value = series.at(at)
        step = series.next_step(int(at)) or series.end
        if value is None:
            msg = f"the signal says nothing at {at}; it covers {series.times[0]} to {series.end}"
            raise ValueError(msg)
        until = min(finish, step)
        total += value * (until - at)
        at = until
    return total


def balance(runs: Sequence[Run], day: Day) -> Mapping[str, Line]:
    """A line per class, then ``all``."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(run.workload_class, []).append(run)
    lines = {name: _line(group, day) for name, group in sorted(groups.items())}
    return {**lines, "all": _line(runs, day)}


def _line(runs: Sequence[Run], day: Day) -> Line:
    due = [run for run in runs if run.in_time is not None]
    return Line(
        jobs=len(runs),
        deferred=sum(run.deferred for run in runs),
        with_deadline=len(due),
        in_time=sum(bool(run.in_time) for run in due),
        mean_wait=sum(run.start - run.submit for run in runs) / len(runs),
        cost=sum((cost(run, day) for run in runs), Cost()),
    )


HEAD = (
    f"{'':32}{'':9}{'mean wait, s':>14}{'carbon, kg':>18}{'cost':>16}\n"
    f"{'class':17} jobs deferred in time{'before':>9}{'now':>6}"
    f"{'before':>11}{'now':>7}{'before':>10}{'now':>6}"
)


def side_by_side(before: Mapping[str, Line], now: Mapping[str, Line]) -> Iterator[str]:
    """The table of both acts, a line per class, and what the difference comes to."""
    yield HEAD
    for name, line in now.items():
        yield _row(name, before[name], line)
    then, total = before["all"].cost, now["all"].cost
    yield (
        f"At {GPU_KW} kW per GPU (assumed), against the same jobs in act one: "
        f"{_change(total.carbon, then.carbon)} carbon, {_change(total.money, then.money)} cost."
    )


def _row(name: str, before: Line, now: Line) -> str:
    due = f"{now.in_time}/{now.with_deadline}" if now.with_deadline else "-"
    return (
        f"{name:17} {now.jobs:4} {now.deferred:8} {due:>7}"
        f"{before.mean_wait:9.0f}{now.mean_wait:6.0f}"
        f"{before.cost.carbon:11.2f}{now.cost.carbon:7.2f}"
        f"{before.cost.money:10.2f}{now.cost.money:6.2f}"
    )


def _change(now: float, before: float) -> str:
    return f"{100 * (now - before) / before if before else 0.0:+.0f} %"
