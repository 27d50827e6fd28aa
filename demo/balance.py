"""What the waiting was worth: carbon and cost of each job as it ran, and as if started at once."""

from collections.abc import Mapping, Sequence
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
    """One class in the balance; delays in wall seconds."""

    jobs: int
    deferred: int
    with_deadline: int
    in_time: int
    mean_wait: float
    as_run: Cost
    at_once: Cost


def cost(run: Run, start: int, day: Day) -> Cost:
    """What ``run`` costs when it starts at ``start``: recorded hours at the signal of each."""
    begin = day.scale.recorded_time(start)
    finish = day.scale.recorded_time(start + run.end - run.start)
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
        as_run=sum((cost(run, run.start, day) for run in runs), Cost()),
        at_once=sum((cost(run, run.submit, day) for run in runs), Cost()),
    )
