"""The promise: a deferred job is eligible by its latest start, whether we live or not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from slurm_energy.decide.terms.tagtime import parse_duration
from slurm_energy.model.contract import Annotation
from slurm_energy.model.job import Job, Partition, Reservation
from slurm_energy.model.policy import Policy

Waits = Mapping[tuple[str, int], int]
"""Usual queue wait in seconds by (partition, :func:`width_bucket`), from history."""


@dataclass(frozen=True, slots=True)
class Promise:
    """When a job must be eligible at the latest, and the terms that say why.

    ``latest_start`` None: nothing bounds it, so it is never deferred.
    """

    latest_start: int | None
    terms: Mapping[str, int | None]


def width_bucket(nodes: int, gpus: int) -> int:
    """Jobs of similar width wait alike: 1, 2, 3-4, 5-8, … GPUs share a bucket (0, 1, 2, 3).

    Nodes count instead where a job has more of them than GPUs.
    """
    return max(0, max(nodes, gpus) - 1).bit_length()


def promise(
    job: Job,
    annotation: Annotation,
    policy: Policy,
    waits: Waits,
    partition: Partition | None,
    reservations: Sequence[Reservation],
    now: int,
    done: int = 0,
) -> Promise:
    """The latest start of one job.

    ``done`` are the seconds it ran before we stopped it: they are no delay. Its deadline is kept as
    if nothing of them were saved.

    The least of: deadline minus time limit (of an array: as often as it takes until its last task
    has run) minus usual wait minus margin (ours, and Slurm's own
    ``--deadline``), the begin its ``max_delay`` allows, the wait its SLO allows less the usual
    one, and the last start that ends before a reservation which would block it.
    """
    wait = usual_wait(job, policy, waits, partition)
    runs = waves(job, partition)
    room = None if job.time_limit is None else runs * job.time_limit + wait + policy.margin
    contract = annotation.contract
    bounds: list[int] = []
    for deadline in (contract.deadline, job.deadline):
        if deadline is None:
            continue
        if room is None:
            return Promise(None, {"deadline": deadline, "time_limit": None})
        bounds.append(deadline - room)
    asked = max(annotation.submit, annotation.user_begin)
    if contract.max_delay is not None:
        bounds.append(asked + contract.max_delay + done)
    longest_wait = wait_objective(contract.slo)
    if longest_wait is not None:
        bounds.append(asked + max(0, longest_wait - wait))
    terms = {
        "deadline": contract.deadline,
        "slurm_deadline": job.deadline,
        "max_delay": contract.max_delay,
        "slo_wait": longest_wait,
        "time_limit": job.time_limit,
        "waves": runs if runs > 1 else None,
        **_array_terms(job, partition),
        "usual_wait": wait,
        "margin": policy.margin,
    }
    if not bounds:
        return Promise(None, terms)
    latest = before_reservations(min(bounds), job, partition, reservations, now, wait)
    return Promise(latest, terms)


def waves(job: Job, partition: Partition | None) -> int:
    """How often over an array's tasks run until the last one has: 1 without an array.

    As many run at once as its own ``%`` limit lets, and as the partition has GPUs for.
    """
    return -(-max(1, job.array_task_count) // tasks_at_once(job, partition))


def _array_terms(job: Job, partition: Partition | None) -> Mapping[str, int]:
    """How many tasks wait, and how many of them may run at once; empty without an array."""
    if job.array_task_count <= 1:
        return {}
    return {"tasks": job.array_task_count, "tasks_at_once": tasks_at_once(job, partition)}


def tasks_at_once(job: Job, partition: Partition | None) -> int:
    """Tasks of an array that may run side by side; 1 without an array."""
    tasks = max(1, job.array_task_count)
    at_once = min(tasks, job.array_most or tasks)
    if partition is not None and partition.gpus and job.gpus:
        at_once = min(at_once, max(1, partition.gpus // job.gpus))
    return at_once


def wait_objective(slo: str | None) -> int | None:
    """Seconds of queue wait that an SLO such as ``wait<10m`` permits; None for any other."""
    return parse_duration(slo.removeprefix("wait<")) if slo and slo.startswith("wait<") else None


def narrowest(job: Job, partitions: Mapping[str, Partition]) -> Partition | None:
    """The smallest of the partitions a job was submitted to (one name, or several with commas)."""
    known = [partitions[name] for name in job.partition.split(",") if name in partitions]
    return min(known, key=lambda partition: len(partition.nodes), default=None)


def usual_wait(job: Job, policy: Policy, waits: Waits, partition: Partition | None) -> int:
    """Queue wait to leave room for; a wide job waits for backfill's whole window."""
    bucket = width_bucket(job.nodes, job.gpus)
    known = max(waits.get((name, bucket), policy.usual_wait) for name in job.partition.split(","))
    wide = partition is not None and 2 * job.nodes > len(partition.nodes) > 1
    return max(known, policy.wide_wait) if wide else known


def before_reservations(
    latest: int,
    job: Job,
    partition: Partition | None,
    reservations: Sequence[Reservation],
    now: int,
    wait: int,
) -> int:
    """``latest``, brought forward so that the run ends before a reservation that would block it.

    Also when ``latest`` lies behind the reservation: nobody knows the queue that it leaves. One
    that the job can't finish before even if it starts now changes nothing: without us, too, it
    would start after it. Where only the usual wait no longer fits, the answer lies before ``now``.
    """
    if job.time_limit is None:
        ahead = [r.start for r in reservations if r.start > now and _blocks(r, job, partition)]
        return min([latest, *(start - wait for start in ahead)])
    for reservation in sorted(reservations, key=lambda r: r.start):
        last_before = reservation.start - job.time_limit
        if now <= last_before < latest and _blocks(reservation, job, partition):
            latest = min(latest, last_before - wait)
    return latest


def _blocks(reservation: Reservation, job: Job, partition: Partition | None) -> bool:
    """Whether too few nodes of the job's partition stay outside the reservation."""
    if partition is None:
        return True
    return len(partition.nodes - reservation.nodes) < job.nodes
