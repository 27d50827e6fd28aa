"""A study: one policy on one scene, and everything it is held against."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path

from slurm_energy.simulate.contender import nobody, ours, policy_of, published
from slurm_energy.simulate.ground import Ground, ground
from slurm_energy.simulate.judge import Judged, Played, judge
from slurm_energy.simulate.published import PUBLISHED
from slurm_energy.simulate.request import Made, Request
from slurm_energy.simulate.result import Point, Run, point_of, versions
from slurm_energy.simulate.run import Outcome, Progress
from slurm_energy.simulate.score import score

Tell = Callable[[str], Progress | None]
"""Told what begins; gives back who wants to know how far it is."""


@dataclass(frozen=True, slots=True)
class Study:
    """What a request came to."""

    request: Request
    ground: Ground
    policy: Played
    baseline: Played
    judged: Judged
    outcome: Outcome | None
    """Of our own cycle; None for a published policy."""
    run: Run


def study(request: Request, tell: Tell = lambda _: None) -> Study:
    """Read, play with us and without, judge. Raises ``InputError`` for anything that is wrong."""
    watch = _Watch()
    with watch.phase("read"):
        where = ground(request)
    priced = all(site.price is not None for site in where.scene.sites)
    policy = (
        None if request.policy in PUBLISHED else policy_of(request, request.policy, priced=priced)
    )
    with watch.phase("baseline"):
        baseline = nobody(where.scene, tell("without us"))
    with watch.phase("policy"):
        outcome = None
        if policy is None:
            played = published(where.scene, request.policy)
        else:
            outcome = ours(where.scene, request, request.policy, policy, tell(request.policy))
            played = Played(outcome.schedule, outcome.dark)
    with watch.phase("bound"):
        tell("bound")
        judged = judge(where.scene, played, baseline)
    with watch.phase("published"):
        tell("published policies")
        compared = _compared(judged)
    seed = request.jobs.seed if isinstance(request.jobs, Made) else None
    told = Run(seed, where.trace.skipped, watch.seconds, versions(), compared, told_of(request))
    return Study(request, where, played, baseline, judged, outcome, told)


def told_of(request: Request) -> Mapping[str, str | None]:
    """What was asked for, as text; files by their names."""
    return {one.name: _text(getattr(request, one.name)) for one in fields(request)}


def _text(value: object) -> str | None:
    match value:
        case None:
            return None
        case Path():
            return value.name
        case (Path() as file, str() as column):
            return f"{file.name}:{column}"
        case _ if is_dataclass(value):
            parts = ((one.name, _text(getattr(value, one.name))) for one in fields(value))
            return ",".join(f"{name}={part}" for name, part in parts if part is not None)
        case _:
            return str(value)


def placed(judged: Judged, kind: str, played: Played) -> Point:
    """Where another schedule of the same scene lies."""
    scored = score(judged.scene, played.schedule, played.dark, judged.until)
    return point_of(kind, scored, judged.baseline)


def _compared(judged: Judged) -> Sequence[Point]:
    """The policy, every published one and the bounds, seen from the baseline."""
    before = judged.baseline
    scene = judged.scene
    points = [point_of("policy", judged.policy, before)]
    points += [placed(judged, "published", published(scene, name)) for name in PUBLISHED]
    points.append(point_of("bound", judged.one_block, before))
    if judged.bound is not None:
        points.append(point_of("bound", judged.bound, before))
    return points


@dataclass(slots=True)
class _Watch:
    """Wall time by phase; no part of the result."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - began
