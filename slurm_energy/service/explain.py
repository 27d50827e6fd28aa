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
from slurm_energy.turn import Turn


def explain(
    turn: Turn | None, job_id: int, viewer: Viewer, memory: Memory, annotate: Annotator
) -> Answer:
    """One job: its decision with terms, whether that is the current one, and its history.

    Raises ``InputError`` for a job nobody knows, ``NotPermitted`` where the viewer sees only his
    own and this is not among them: a stranger's job and no job look the same to him.
    """
    answers = [] if turn is None else [*_current(turn, job_id, viewer, memory)]
    if not answers:
        shown = {} if turn is None else _shown(turn, job_id, annotate)
        answers = _past(job_id, viewer, memory, shown)
    if answers:
        return {"job": job_id, "found": answers}
    unmanaged = None if turn is None else _unmanaged(turn, job_id, viewer)
    if unmanaged is not None:
        return {"job": job_id, "found": [unmanaged]}
    if not viewer.sees_all:
        raise NotPermitted(f"job {job_id} is not among yours; Operators see the others")
    raise InputError(f"job {job_id} is neither in the queue nor in the ledger; see squeue for ids")


def _current(turn: Turn, job_id: int, viewer: Viewer, memory: Memory) -> list[Answer]:
    """The job on every cluster that shows it; its origin first, for that one decides."""
    found = [
        (subject.key, subject.job, plan.decision(row, turn.number))
        for plan in turn.plans.values()
        for row, subject in enumerate(plan.subjects)
        if subject.job.job_id == job_id and viewer.may_see(subject.job.user)
    ]
    found.sort(key=lambda one: one[1].is_sibling)
    return [
        {**_who(key, job), "current": True, **decided(decision, turn.at), **_history(key, memory)}
        for key, job, decision in found[:1]
    ]


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
        return [
            _remembered(one, memory.recorded(one.key), shown.get(one.key))
            for one in known
            if viewer.may_see(one.user)
        ]
    except LedgerError as error:
        raise LedgerError(f"job {job_id} is not pending, and {error}") from error


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
    last, before = [*recorded[:2], None, None][:2]
    theirs = last is not None and last.decision.reason is Reason.THEIRS
    if theirs and before is not None and before.decision.reason is Reason.RELEASED:
        return before
    return last


def _history(key: JobKey, memory: Memory) -> Answer:
    """Changes as recorded; while the database is away, why they can't be told."""
    try:
        recorded = memory.recorded(key)
    except LedgerError as error:
        return {"history": None, "history_problem": str(error)}
    lines = [_line(one.decision, one.at) for one in recorded]
    return {"history": lines, "history_problem": None}


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
