"""Everything a policy's schedule is held against, scored for the same period."""

from dataclasses import dataclass

from slurm_energy.errors import InputError
from slurm_energy.simulate.bound import Bound, bound, last_moment
from slurm_energy.simulate.draw import Asleep
from slurm_energy.simulate.exact import one_block
from slurm_energy.simulate.first_come import first_come
from slurm_energy.simulate.objective import carbon
from slurm_energy.simulate.scene import Scene
from slurm_energy.simulate.schedule import Schedule
from slurm_energy.simulate.score import Score, score


@dataclass(frozen=True, slots=True)
class Played:
    """A schedule and, where idle nodes are powered down, when they were."""

    schedule: Schedule
    asleep: Asleep | None = None


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


def judge(scene: Scene, policy: Played, baseline: Played | None = None) -> Judged:
    """The policy, its baseline, its bound and the one-block optimum.

    Without a baseline it is first-come on the scene's capacity, or run at once where that has no
    limit. Raises ``InputError`` and ``SeriesError`` as :func:`score` does.
    """
    without = baseline or Played(first_come(scene))
    before = score(scene, without.schedule, without.asleep)
    until = last_moment(scene, before)
    best, problem = _bound(scene, before)
    return Judged(
        scene=scene,
        baseline=score(scene, without.schedule, without.asleep, until),
        policy=score(scene, policy.schedule, policy.asleep, until),
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
