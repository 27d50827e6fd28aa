"""A study: one policy on one scene, and everything it is held against."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from slurm_energy.model.policy import Policy
from slurm_energy.model.presets import PRESETS
from slurm_energy.simulate.contender import nobody, ours, policy_of, published
from slurm_energy.simulate.costs import costs
from slurm_energy.simulate.draw import units_of
from slurm_energy.simulate.ground import Ground, ground
from slurm_energy.simulate.judge import Judged, Played, judge
from slurm_energy.simulate.power import demand_cost
from slurm_energy.simulate.published import PUBLISHED
from slurm_energy.simulate.request import Made, Request
from slurm_energy.simulate.result import Point, Run, point_of, versions
from slurm_energy.simulate.run import Outcome, Progress
from slurm_energy.simulate.scene import Scene
from slurm_energy.simulate.score import score
from slurm_energy.simulate.weights import Weighed, weighed

Tell = Callable[[str], Progress | None]
"""Told what begins; gives back who wants to know how far it is."""

MOST_JOBS = 1500
"""Of a scene on which the other presets are played for comparison: each takes as long as ours."""


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
    with watch.phase("policy"):
        played, outcome = _played(where.scene, request, tell)
    with watch.phase("baseline"):
        baseline = nobody(where.scene, tell("without us"))
    tell("bound")
    with watch.phase("bound"):
        judged = judge(where.scene, played, baseline)
    with watch.phase("published"):
        compared = _compared(judged)
    weights: Sequence[Weighed] = ()
    if request.frontier:
        with watch.phase("weights"):
            weights = list(weighed(judged, request, _policy(where.scene, request), tell))
    seed = request.jobs.seed if isinstance(request.jobs, Made) else None
    sides = {"baseline": (judged.baseline, baseline), "policy": (judged.policy, played)}
    charge = request.demand_charge
    paid = {
        name: demand_cost(where.scene, by.schedule, charge)
        for name, (_, by) in sides.items()
        if charge
    }
    told = Run(
        seed,
        where.trace.skipped,
        watch.seconds,
        versions(),
        compared,
        request.told,
        costs=costs(judged, {name: (one, by.schedule) for name, (one, by) in sides.items()}),
        demand_cost=paid,
        weights=weights,
        forecasters=outcome.forecasters if outcome else {},
    )
    return Study(request, where, played, baseline, judged, outcome, told)


def _played(scene: Scene, request: Request, tell: Tell) -> tuple[Played, Outcome | None]:
    if request.policy in PUBLISHED:
        return published(scene, request.policy), None
    policy = _policy(scene, request)
    outcome = ours(scene, request, request.policy, policy, tell(request.policy))
    return Played(outcome.schedule, outcome.dark), outcome


def _policy(scene: Scene, request: Request) -> Policy:
    return policy_of(request, request.policy, priced=priced(scene))


def with_presets(found: Study, tell: Tell) -> Sequence[Point]:
    """The frontier with the other presets played too, as the same request would play them.

    None are added beyond ``MOST_JOBS``, and none that weighs no signal there is.
    """
    scene, points = found.ground.scene, list(found.run.frontier)
    if len(scene.jobs) > MOST_JOBS:
        return points
    for name in PRESETS:
        policy = policy_of(found.request, name, priced=priced(scene))
        weighs = any(kind.carbon or kind.price for kind in policy.classes.values())
        if name == found.request.policy or not weighs:
            continue
        outcome = ours(scene, found.request, name, policy, tell(f"for comparison: {name}"))
        points.append(_point(found.judged, "preset", Played(outcome.schedule, outcome.dark)))
    return points


def priced(scene: Scene) -> bool:
    """Whether every site has a price."""
    return all(site.price is not None for site in scene.sites)


def _compared(judged: Judged) -> Sequence[Point]:
    """The policy, every published one and the bounds, seen from the baseline."""
    before, scene = judged.baseline, judged.scene
    points = [point_of("policy", judged.policy, before)]
    for name in PUBLISHED:
        if name != "run-at-once" or units_of(scene.sites[0].machines) is None:
            point = _point(judged, "published", published(scene, name))
            points.append(point._replace(policy=name))
    points.append(point_of("bound", judged.one_block, before))
    if judged.bound is not None:
        points.append(point_of("bound", judged.bound, before))
    return points


def _point(judged: Judged, kind: str, played: Played) -> Point:
    """Where another schedule of the same scene lies."""
    scored = score(judged.scene, played.schedule, played.dark, judged.until)
    return point_of(kind, scored, judged.baseline)


@dataclass(slots=True)
class _Watch:
    """Wall time by phase; no part of the result."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - began
