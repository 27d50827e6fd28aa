"""A job record as libslurm's reader hands it over, and the noun it becomes."""

import pwd
from functools import lru_cache
from typing import NamedTuple

from slurm_energy.model.job import Job, JobState
from slurm_energy.slurm import gres
from slurm_energy.slurm.hostlist import expand

_UNSET = 0xFFFFFFFE
_INFINITE = 0xFFFFFFFF
_ARRAY_LETTERS = 40
"""More are not shown; libslurm itself cuts a list at 64."""
_STATES = {0: JobState.PENDING, 1: JobState.RUNNING, 2: JobState.SUSPENDED}


class Row(NamedTuple):
    """One record, in the order ``ext/_queue.pyx`` fills it; 0 and "" where Slurm has nothing."""

    job_id: int
    name: str
    user_id: int
    account: str
    partition: str
    qos: str
    state: int
    revoked: bool
    reason: str
    submit_time: int
    eligible_time: int
    time_limit: int
    """Minutes."""
    nodes: int
    cpus: int
    tasks: int
    tres: str
    tres_per_job: str
    tres_per_node: str
    tres_per_task: str
    comment: str
    admin_comment: str
    site_factor: int
    held: bool
    batch: bool
    cron: bool
    dependency: str
    reservation: str
    deadline: int
    array_tasks: int
    het_job_id: int
    restarts: int
    start_time: int
    end_time: int
    origin: str
    siblings: str
    nodelist: str
    accrue_time: int
    array_most: int
    """Tasks of its array that may run at once; 0: all."""
    completing: bool
    """Whether its last run still ends on some node."""
    requeue: bool
    array_job_id: int
    """The array's own number; 0: no array."""
    array_task_id: int
    array_range: str
    """Its tasks that wait, such as ``4-9%2``; empty for a task of its own."""
    direct: bool | None
    """Whether somebody set its Priority; None for a job that is not eligible now."""


def job(cluster: str, row: Row) -> Job:
    """The record as a :class:`Job` of ``cluster``."""
    asked = (row.tres, row.tres_per_job, row.tres_per_node, row.tres_per_task)
    state = JobState.OTHER if row.revoked or row.completing else _state(row.state)
    return Job(
        cluster=cluster,
        job_id=row.job_id,
        name=row.name,
        user=user_name(row.user_id),
        account=row.account,
        partition=row.partition,
        qos=row.qos,
        state=state,
        reason=row.reason,
        submit_time=row.submit_time,
        eligible_time=row.eligible_time or None,
        time_limit=None if row.time_limit in {0, _UNSET, _INFINITE} else row.time_limit * 60,
        nodes=row.nodes,
        cpus=row.cpus,
        gpus=gres.requested(*asked, nodes=row.nodes, tasks=row.tasks),
        comment=row.comment,
        admin_comment=row.admin_comment,
        accrue_time=row.accrue_time or None,
        site_factor=row.site_factor,
        priority_set=row.direct,
        held=row.held and state is JobState.PENDING,
        batch=row.batch,
        cron=row.cron,
        dependency=row.dependency,
        reservation=row.reservation,
        deadline=row.deadline or None,
        array_task_count=row.array_tasks,
        het=row.het_job_id != 0,
        restarts=row.restarts,
        start_time=row.start_time or None,
        end_time=row.end_time or None,
        origin=row.origin or None,
        siblings=tuple(name for name in row.siblings.split(",") if name),
        nodelist=expand(row.nodelist),
        memory=gres.memory(row.tres),
        gpu_type=gres.gpu_type(*asked),
        array_most=row.array_most or None,
        array=array_name(row.array_job_id, row.array_task_id, row.array_range),
        requeue=row.requeue,
    )


def array_name(array: int, task: int | None, tasks: str) -> str:
    """As squeue shows it; a long list of tasks is cut, empty for a job without tasks."""
    if not array:
        return ""
    if tasks:
        shown = tasks if len(tasks) <= _ARRAY_LETTERS else f"{tasks[:_ARRAY_LETTERS]}..."
        return f"{array}_[{shown}]"
    return "" if task is None or task >= _UNSET else f"{array}_{task}"


def _state(number: int) -> JobState:
    return _STATES.get(number, JobState.OTHER)


@lru_cache(maxsize=65536)
def user_name(user_id: int) -> str:
    """The login name of a uid; the number itself where this host knows no name."""
    try:
        return pwd.getpwuid(user_id).pw_name
    except KeyError:
        return str(user_id)
