"""``release``: everything back as if we had never been, without daemon and database."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from slurm_energy.application import Hands
from slurm_energy.decide.release import Left, Marked, ReleasePlan, noted, plan_release
from slurm_energy.decide.updates import intended
from slurm_energy.errors import InputError, LedgerError, SlurmError
from slurm_energy.model.decision import Fate, Outcome, Update
from slurm_energy.model.held import Held
from slurm_energy.model.job import Job, JobKey, JobState

PASSES = 4
"""Reads at most: an answer of Slurm proves nothing, so every change is read back."""


@dataclass(slots=True)
class Released:
    """What was given back, and what could not be."""

    clusters: tuple[str, ...] = ()
    """Where mode off was asked for; each controller has a mark and a table of its own."""
    jobs: set[JobKey] = field(default_factory=set)
    partly: set[JobKey] = field(default_factory=set)
    """Those that nothing keeps waiting any more, though Slurm refused to take all back."""
    left: list[Left] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether nothing of ours is left anywhere."""
        return not self.left and not self.problems


def release_all(hands: Hands, reason: str) -> Released:
    """Mode off for good, also for the submit hook; then every job of every cluster.

    Raises ``NotPermitted`` or its root where the mark can't be written: nothing was done then.
    """
    hands.released.mark(reason)
    done = Released(clusters=tuple(hands.readers))
    try:
        hands.table_off(hands.clock.now())
    except SlurmError as error:
        done.problems.append(str(error))
    _release(hands, done, lambda job: True)  # noqa: ARG005
    return done


def release_job(hands: Hands, job_id: int) -> Released:
    """One job; from then on the daemon finds other values than its own there and leaves it alone.

    Raises ``InputError`` where no cluster has this job pending with our annotation.
    """
    done = Released()
    if not _release(hands, done, lambda job: job.job_id == job_id) and not done.problems:
        raise InputError(f"job {job_id} is not pending here, or not ours; see slurm-energy queue")
    held = dict(hands.held.load())
    theirs = {key: replace(held[key], theirs=True) for key in done.jobs & held.keys()}
    if theirs:
        hands.held.save(held | theirs)
    return done


def _release(hands: Hands, done: Released, wanted: Callable[[Job], bool]) -> int:
    """Read, send, read back; how many jobs were ours."""
    held = _held(hands, done)
    found = 0
    for cluster in hands.readers:
        try:
            found += _release_cluster(hands, cluster, held, done, wanted)
        except (SlurmError, LedgerError) as error:
            done.problems.append(f"{cluster}: {error}")
    return found


def _held(hands: Hands, done: Released) -> dict[JobKey, Held]:
    try:
        return dict(hands.held.load())
    except LedgerError as error:
        done.problems.append(str(error))
        return {}


def _release_cluster(
    hands: Hands,
    cluster: str,
    held: dict[JobKey, Held],
    done: Released,
    wanted: Callable[[Job], bool],
) -> int:
    """Until a read finds nothing to send, or Slurm has refused often enough."""
    jobs, plan = _plan(hands, cluster, held, wanted)
    first, outcomes = len(jobs), list[Outcome]()
    for _ in range(PASSES):
        if not plan.updates:
            break
        outcomes = _send(hands, cluster, held, jobs, plan.updates)
        jobs, plan = _plan(hands, cluster, held, wanted)
        waiting = {update.key for update in plan.updates}
        done.jobs |= {o.update.key for o in outcomes} - waiting
    done.partly |= {update.key for update in plan.updates if update.begin is None and outcomes}
    done.left += [*plan.left, *(_stuck(update, outcomes) for update in plan.updates)]
    return first


def _plan(
    hands: Hands, cluster: str, held: Mapping[JobKey, Held], wanted: Callable[[Job], bool]
) -> tuple[list[Marked], ReleasePlan]:
    jobs: list[Marked] = []
    damaged: list[Left] = []
    queue = hands.readers[cluster].read()
    for job in queue.jobs:
        if job.state is not JobState.PENDING or not wanted(job):
            continue
        try:
            annotation = hands.annotate(job)
        except InputError as error:
            damaged.append(Left(cluster, job.job_id, str(error)))
            continue
        if annotation is not None:
            key = JobKey(job.home, job.job_id, annotation.submit)
            jobs.append(Marked(key, job, annotation, held.get(key)))
    plan = plan_release(jobs, hands.clock.now(), queue)
    return jobs, ReleasePlan(plan.updates, [*plan.left, *damaged])


def _send(
    hands: Hands,
    cluster: str,
    held: dict[JobKey, Held],
    jobs: Sequence[Marked],
    updates: Sequence[Update],
) -> list[Outcome]:
    """Noted first, as the daemon does, so that it knows its own values after ``resume``."""
    sent = {update.key for update in updates}
    held.update(intended(noted(held, [one for one in jobs if one.key in sent]), updates))
    hands.held.save(held)
    return list(hands.actuators[cluster].apply(updates))


def _stuck(update: Update, outcomes: Sequence[Outcome]) -> Left:
    said = next((one for one in outcomes if one.update.key == update.key), None)
    refused = said is not None and said.fate is Fate.REFUSED
    why = "Slurm took the change but shows the old"
    if said is not None and refused:
        why = f"Slurm refused: {said.detail}"
    if update.begin is None:
        why = f"nothing keeps it waiting any more, but its SiteFactor stays; {why}"
    return Left(update.key.cluster, update.key.job_id, why)
