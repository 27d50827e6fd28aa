"""Why a job waits or runs: the current plan's terms, or the last ones that were recorded."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from slurm_energy.application import Memory
from slurm_energy.errors import InputError, LedgerError, NotPermitted
from slurm_energy.model.decision import Decision, Reason
from slurm_energy.model.job import Job, JobKey
from slurm_energy.model.report import KnownJob, Recorded
from slurm_energy.ports import Annotator
from slurm_energy.service.answers import Answer, Viewer, decided
from slurm_energy.service.tasks import Asked, record_of, task_told
from slurm_energy.turn import Turn


def explain(
    turn: Turn | None, asked: Asked, viewer: Viewer, memory: Memory, annotate: Annotator
) -> Answer:
    """One job: its decision with terms, whether that is the current one, and its history.

    Of a task of an array, by the record that stands for it; where nothing was decided for that,
    by its array. Raises ``InputError`` for a job nobody knows, ``NotPermitted`` where the viewer
    sees only his own and this is not among them: a stranger's job and no job look the same to him.
    """
    record = record_of(turn, asked)
    numbers = dict.fromkeys((asked.job if record is None else record.job_id, asked.job))
    decided_for = (_decided(turn, number, viewer, memory, annotate) for number in numbers)
    answers = next((found for found in decided_for if found), [])
    if not answers and turn is not None:
        unmanaged = (_unmanaged(turn, number, viewer) for number in numbers)
        answers = [found for found in unmanaged if found is not None][:1]
    if answers:
        task = {} if asked.task is None else {"task": task_told(asked, record)}
        return {"job": asked.job, **task, "found": answers}
    job_id = asked.job
    if not viewer.sees_all:
        raise NotPermitted(f"job {job_id} is not among yours; Operators see the others")
    raise InputError(f"job {job_id} is neither in the queue nor in the ledger; see squeue for ids")


def _decided(
    turn: Turn | None, job_id: int, viewer: Viewer, memory: Memory, annotate: Annotator
) -> list[Answer]:
    """What is decided for a job now, else what was; nothing where it never was ours."""
    answers = [] if turn is None else _current(turn, job_id, viewer, memory)
    if answers:
        return answers
    shown = {} if turn is None else _shown(turn, job_id, annotate)
    return _past(job_id, viewer, memory, shown)


def _current(turn: Turn, job_id: int, viewer: Viewer, memory: Memory) -> list[Answer]:
    """The job on every cluster that shows it; its origin first, for that one decides."""
    found = [
        (subject.key, subject.job, plan.decision(row, turn.number))
        for plan in turn.plans.values()
        for row, subject in enumerate(plan.subjects)
        if subject.job.job_id == job_id and viewer.may_see(subject.job.user)
    ]
    found.sort(key=lambda one: one[1].is_sibling)
    return [_now(key, job, decision, turn.at, memory) for key, job, decision in found[:1]]


def _now(key: JobKey, job: Job, decision: Decision, at: int, memory: Memory) -> Answer:
    """The current decision; where that only says that it is a person's job, the release."""
    history, problem = _history(key, memory)
    told = _telling(history or ()) if decision.reason is Reason.THEIRS else None
    released = told is not None and told.decision.reason is Reason.RELEASED
    last = Recorded(at, decision) if told is None or not released else told
    return {
        **_who(key, job),
        "current": True,
        **decided(last.decision, last.at),
        "history": None if history is None else [_line(one.decision, one.at) for one in history],
        "history_problem": problem,
    }


def _shown(turn: Turn, job_id: int, annotate: Annotator) -> dict[JobKey, Job]:
    """The job as its queues show it now, by the name that decisions on it have for ever."""
    found: dict[JobKey, Job] = {}
    for queue in turn.queues.values():
        for job in queue.jobs:
            if job.job_id == job_id:
                with suppress(InputError):
                    annotation = annotate(job)
                    if annotation is not None:
                        found[JobKey(job.home, job_id, annotation.submit)] = job
    return found


def _past(job_id: int, viewer: Viewer, memory: Memory, shown: Mapping[JobKey, Job]) -> list[Answer]:
    """What the ledger knows of jobs that are not decided any more, newest first.

    Whose a job is the ledger knows from its end, and the queue while it runs.
    """
    try:
        known = [
            replace(one, user=shown[one.key].user) if one.key in shown else one
            for one in memory.find(job_id)
        ]
        found = [
            _remembered(one, memory.recorded(one.key), shown.get(one.key))
            for one in known
            if viewer.may_see(one.user)
        ]
    except LedgerError as error:
        raise LedgerError(f"job {job_id} is not pending, and {error}") from error
    # Where the origin decided, the other clusters have nothing to say.
    at_origin = [one for one in found if one.get("reason") != Reason.NOT_ORIGIN.value]
    return at_origin or found


def _remembered(known: KnownJob, recorded: Sequence[Recorded], shown: Job | None) -> Answer:
    last = _telling(recorded)
    return {
        "cluster": known.key.cluster,
        "submit": known.key.submit,
        "user": known.user,
        "name": None if shown is None else shown.name,
        "current": False,
        **({} if last is None else decided(last.decision, last.at)),
        "history": [_line(one.decision, one.at) for one in recorded],
        "history_problem": None,
    }


def _telling(recorded: Sequence[Recorded]) -> Recorded | None:
    """The last decision; where that only says that it is a person's job, the release before it."""
    others = (one for one in recorded if one.decision.reason is not Reason.THEIRS)
    before = next(others, None)
    if before is not None and before.decision.reason is Reason.RELEASED:
        return before
    return recorded[0] if recorded else None


def _history(key: JobKey, memory: Memory) -> tuple[Sequence[Recorded] | None, str | None]:
    """Changes as recorded, newest first; while the database is away, why they can't be told."""
    try:
        return memory.recorded(key), None
    except LedgerError as error:
        return None, str(error)


def _unmanaged(turn: Turn, job_id: int, viewer: Viewer) -> Answer | None:
    for queue in turn.queues.values():
        for job in queue.jobs:
            if job.job_id == job_id and viewer.may_see(job.user):
                key = JobKey(queue.cluster, job_id, job.submit_time)
                who = _who(key, job)
                return {**who, "state": job.state.value, "current": False, "history": []}
    return None


def _who(key: JobKey, job: Job) -> Answer:
    return {"cluster": key.cluster, "submit": key.submit, "user": job.user, "name": job.name}


def _line(decision: Decision, at: int) -> dict[str, Any]:
    return {
        "at": at,
        "decision": decision.action.value,
        "reason": decision.reason.value,
        "by": decision.terms.get("released_by"),
        "begin": decision.begin,
        "site_factor": decision.site_factor,
    }
