"""Values for tests: every argument has a sensible default, a test names only what it is about."""

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from slurm_energy.decide.pricing.price import Curve
from slurm_energy.decide.rules.guard import Subject
from slurm_energy.decide.spread import unit
from slurm_energy.model.contract import Annotation, Contract, WorkloadClass
from slurm_energy.model.held import Held
from slurm_energy.model.job import Job, JobKey, JobState, Partition, Queue, Reservation
from slurm_energy.model.series import ClusterSignals, Series, Signal

NOON = 1_790_000_100
"""A moment on a quarter of an hour: tests count from here."""
MINUTE = 60
HOUR = 3600
NODES = frozenset(f"east{number}" for number in range(4))
Thing = TypeVar("Thing")


def some(value: Thing | None) -> Thing:
    """The value, which must be there."""
    assert value is not None
    return value


def make_job(job_id: int = 100, **changes: Any) -> Job:
    """An eligible pending batch job of one GPU and one hour."""
    values: dict[str, Any] = {
        "cluster": "east",
        "job_id": job_id,
        "name": "eval",
        "user": "alice",
        "account": "research",
        "partition": "gpu",
        "qos": "normal",
        "state": JobState.PENDING,
        "reason": "Priority",
        "submit_time": NOON,
        "eligible_time": NOON,
        "time_limit": HOUR,
        "nodes": 1,
        "cpus": 1,
        "gpus": 1,
        "site_factor": 0,
        "priority_set": False,
    }
    return Job(**(values | changes))


def make_contract(
    workload_class: WorkloadClass = WorkloadClass.EVALUATION, **changes: Any
) -> Contract:
    """An evaluation that may wait a day."""
    values: dict[str, Any] = {"urgency": 20, "rule": "tag", "max_delay": 24 * HOUR}
    return Contract(workload_class, **(values | changes))


def make_annotation(contract: Contract | None = None, **changes: Any) -> Annotation:
    """What the hook wrote at noon, without a lease, for a user who asked for nothing else."""
    values: dict[str, Any] = {
        "contract": contract or make_contract(),
        "submit": NOON,
        "user_begin": 0,
        "user_clusters": (),
        "lease": 0,
        "tag": "class=evaluation",
    }
    return Annotation(**(values | changes))


def make_subject(
    job: Job | None = None, annotation: Annotation | None = None, held: Held | None = None
) -> Subject:
    """A job of ours in which nothing was written yet."""
    job = job or make_job()
    annotation = annotation or make_annotation()
    held = held or Held(begin=job.eligible_time)
    return Subject(JobKey(job.cluster, job.job_id, annotation.submit), job, annotation, held)


def make_running(started: int = NOON, **changes: Any) -> Subject:
    """A job of three hours that runs since ``started``, whose user allows to interrupt it.

    Fields of the annotation and of what we hold are named as such, all others are the job's.
    """
    contract = changes.pop("contract", None) or make_contract(interruptible=True)
    annotation = make_annotation(contract, checkpoint=changes.pop("checkpoint", 0))
    held = changes.pop("held", None) or Held(begin=NOON)
    values: dict[str, Any] = {"state": JobState.RUNNING, "start_time": started}
    return make_subject(make_job(**({"time_limit": 3 * HOUR} | values | changes)), annotation, held)


def make_queue(jobs: Sequence[Job] = (), **changes: Any) -> Queue:
    """Four idle nodes of eight GPUs, read at noon, with room for everybody."""
    values: dict[str, Any] = {
        "cluster": "east",
        "read_at": NOON,
        "jobs": tuple(jobs),
        "partitions": (Partition("gpu", NODES, 32),),
        "gpus_total": 32,
        "gpus_idle": 32,
        "max_job_count": 10_000,
        "job_count": len(jobs),
        "age_points_per_hour": 100.0,
    }
    return Queue(**(values | changes))


def make_series(
    values: Sequence[float], start: int = NOON, step: int = HOUR, signal: Signal = Signal.CARBON
) -> Series:
    """One value a step from ``start`` on, issued at ``start``."""
    times = tuple(start + step * number for number in range(len(values)))
    return Series(signal, times, tuple(values), start + step * len(values), start, "test")


def make_signals(
    carbon: Sequence[float] | None, price: Sequence[float] | None = None
) -> ClusterSignals:
    """Hourly signals from noon on."""
    return ClusterSignals(
        carbon=None if carbon is None else make_series(carbon),
        price=None if price is None else make_series(price, signal=Signal.PRICE),
    )


def make_curve(values: Sequence[float], start: int = NOON, slot: int = 900) -> Curve:
    """A price curve as given."""
    return Curve(start, slot, np.array(values, dtype=np.float64))


DEAR_THEN_CHEAP = make_curve([2.0] * 12 + [-1.0] * 84)
"""Three dear hours from noon on, then cheap ones."""
CLEAN_AT = NOON + 3 * HOUR
CLEAN_BEGIN = CLEAN_AT + int(unit(np.array([100]))[0] * 0.9 * 900)
"""The begin of job 100, of urgency 20, in that slot: see :mod:`slurm_energy.decide.spread`."""


def maintenance(start: int, hours: float = 2) -> Reservation:
    """All nodes taken away for a while."""
    return Reservation("maint", start, start + int(hours * HOUR), NODES)
