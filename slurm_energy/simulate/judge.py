"""Everything a policy's schedule is held against, scored for the same period."""

from collections.abc import Sequence
from dataclasses import dataclass

from slurm_energy.errors import InputError
from slurm_energy.simulate.bound import Bound, bound, last_moment
from slurm_energy.simulate.draw import units_of
from slurm_energy.simulate.exact import one_block
from slurm_energy.simulate.objective import carbon
from slurm_energy.simulate.scene import Scene
from slurm_energy.simulate.schedule import NodeOff, Schedule
from slurm_energy.simulate.score import Score, score
from slurm_energy.simulate.steps import steps


@dataclass(frozen=True, slots=True)
class Played:
    """A schedule, and when nodes were powered down."""

    schedule: Schedule
    dark: Sequence[NodeOff] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """Scores on one scene, with idle power counted for one period."""

    scene: Scene
    baseline: Score
    policy: Score
    one_block: Score
    until: int
    """End of the period in which idle power counts."""
    best: Bound | None
    """None where there is no bound; ``problem`` says why."""
    bound: Score | None
    problem: str = ""


def judge(scene: Scene, policy: Played, baseline: Played) -> Judged:
    """The policy, its baseline, its bound and the one-block optimum.

    Raises ``InputError`` for a schedule that does not fit the machines, and as :func:`score` does.
    """
    for played in (baseline, policy):
        _check_fits(scene, played.schedule)
    before = score(scene, baseline.schedule, baseline.dark)
    until = last_moment(scene, before)
    best, problem = _bound(scene, before)
    return Judged(
        scene=scene,
        baseline=score(scene, baseline.schedule, baseline.dark, until),
        policy=score(scene, policy.schedule, policy.dark, until),
        one_block=score(scene, one_block(scene, carbon(scene)), until=until),
        until=until,
        best=best,
        bound=None if best is None else score(scene, best.schedule, until=until),
        problem=problem,
    )


def _bound(scene: Scene, baseline: Score) -> tuple[Bound | None, str]:
    try:
        return bound(scene, baseline), ""
    except InputError as error:
        return None, str(error)


def _check_fits(scene: Scene, schedule: Schedule) -> None:
    """A policy that knows no capacity can't be held against one that keeps to it."""
    for index, site in enumerate(scene.sites):
        at, units = schedule.site == index, units_of(site.machines)
        most = steps(schedule.start[at], schedule.end[at], schedule.units[at]).highest()
        if units is not None and most > units:
            raise InputError(
                f"{schedule.policy} runs {most:.0f} units at once at {site.name}, which has "
                f"{units}: judge it without a limit, or play it on the cluster"
            )
