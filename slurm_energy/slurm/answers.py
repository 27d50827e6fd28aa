"""The JSON of Slurm's commands, read as far as we need it; anything malformed is refused.

Numbers come as ``{"set": true, "infinite": false, "number": 60}``, or plain in some places and
versions; both are read.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from slurm_energy.errors import SlurmUnavailable
from slurm_energy.model.job import Job, JobState, Node, Partition, Reservation
from slurm_energy.slurm import gres
from slurm_energy.slurm.hostlist import expand
from slurm_energy.slurm.pulse import Totals
from slurm_energy.slurm.rows import array_name

Record = Mapping[str, Any]
_STATES = {state.value: state for state in JobState}
_TRES = ("tres_req_str", "tres_per_job", "tres_per_node", "tres_per_task")
_UNUSABLE = frozenset({"DOWN", "DRAIN", "FAIL", "NOT_RESPONDING", "UNKNOWN", "FUTURE"})


def records(answer: Record, name: str) -> Sequence[Record]:
    """The list ``name`` of an answer. Raises ``SlurmUnavailable``."""
    found = answer.get(name)
    if not isinstance(found, list) or not all(isinstance(record, dict) for record in found):
        raise SlurmUnavailable(f"Slurm's JSON has no list {name!r}; is its version supported?")
    return found


def job(cluster: str, record: Record, factors: Mapping[int, int]) -> Job:
    """One job of ``squeue --json``; ``factors`` are SiteFactors by job id, where known."""
    job_id = _whole(record, "job_id")
    state = job_state(_list(record, "job_state"))
    pending = state is JobState.PENDING
    nodes = _whole(record, "node_count")
    limit = number(record, "time_limit")
    asked = [_text(record, name) for name in _TRES]
    return Job(
        cluster=cluster,
        job_id=job_id,
        name=_text(record, "name"),
        user=_text(record, "user_name"),
        account=_text(record, "account"),
        partition=_text(record, "partition"),
        qos=_text(record, "qos"),
        state=state,
        reason=_text(record, "state_reason"),
        submit_time=_whole(record, "submit_time"),
        eligible_time=number(record, "eligible_time") or None,
        time_limit=limit * 60 if limit else None,
        nodes=nodes,
        cpus=_whole(record, "cpus"),
        gpus=gres.requested(*asked, nodes=nodes, tasks=_whole(record, "tasks")),
        comment=_text(record, "comment"),
        admin_comment=_text(record, "admin_comment"),
        accrue_time=number(record, "accrue_time") or None,
        site_factor=factors.get(job_id),
        held=pending and number(record, "priority") == 0,
        batch=bool(record.get("batch_flag")),
        cron=bool(record.get("cron")) or "CRON_JOB" in _list(record, "flags"),
        dependency=_text(record, "dependency"),
        reservation=_text(record, "resv_name"),
        deadline=number(record, "deadline") or None,
        array_task_count=_array_tasks(record),
        het=bool(number(record, "het_job_id")),
        restarts=_whole(record, "restart_cnt"),
        start_time=None if pending else number(record, "start_time") or None,
        end_time=None if pending else number(record, "end_time") or None,
        origin=_text(record, "federation_origin") or None,
        siblings=tuple(
            name for name in _text(record, "federation_siblings_viable").split(",") if name
        ),
        nodelist=expand(_text(record, "nodes")),
        memory=gres.memory(asked[0]),
        gpu_type=gres.gpu_type(*asked),
        array_most=number(record, "array_max_tasks") or None,
        array=array_name(
            number(record, "array_job_id") or 0,
            number(record, "array_task_id"),
            _text(record, "array_task_string"),
        ),
        requeue=bool(record.get("requeue", True)),
    )


def job_state(words: Sequence[object]) -> JobState:
    """Our state for Slurm's base state and flags.

    A revoked sibling is not pending, nor is a requeued job whose last run has not ended yet.
    """
    if "REVOKED" in words or "COMPLETING" in words:
        return JobState.OTHER
    return next((_STATES[str(word)] for word in words if str(word) in _STATES), JobState.OTHER)


def gpus(nodes: Sequence[Record]) -> tuple[int, int]:
    """(total, idle) GPUs of the nodes that can run jobs, of ``scontrol show nodes --json``."""
    total, used = 0, 0
    for node in nodes:
        if usable(_list(node, "state")):
            total += gres.count(_text(node, "gres"))
            used += gres.count(_text(node, "gres_used"))
    return total, max(total - used, 0)


def node(record: Record) -> Node:
    """One node of ``scontrol show nodes --json``."""
    has = _text(record, "gres")
    return Node(
        name=_text(record, "name"),
        cpus=_whole(record, "cpus"),
        memory=_whole(record, "real_memory"),
        gpus=gres.count(has),
        gpu_type=gres.gpu_type(has),
        usable=usable(_list(record, "state")),
    )


def usable(state: Sequence[object]) -> bool:
    """Whether a node in these states can be given a job."""
    return not _UNUSABLE.intersection(str(word).rstrip("*") for word in state)


def partition(record: Record) -> Partition:
    """One partition of ``scontrol show partition --json``."""
    return Partition(
        name=_text(record, "name"),
        nodes=frozenset(expand(_text(_record(record, "nodes"), "configured"))),
        gpus=gres.count(_text(_record(record, "tres"), "configured")),
    )


def reservation(record: Record) -> Reservation:
    """One reservation of ``scontrol show reservation --json``."""
    return Reservation(
        name=_text(record, "name"),
        start=_whole(record, "start_time"),
        end=_whole(record, "end_time"),
        nodes=frozenset(expand(_text(record, "node_list"))),
    )


def totals(answer: Record) -> Totals:
    """The controller's counters in ``sdiag --json``."""
    statistics = _record(answer, "statistics")
    calls = records(statistics, "rpcs_by_message_type")
    updates = [call for call in calls if call.get("message_type") == "REQUEST_UPDATE_JOB"]
    return Totals(
        server_threads=_whole(statistics, "server_thread_count"),
        dbd_queue=_whole(statistics, "dbd_agent_queue_size"),
        cycles=_whole(statistics, "schedule_cycle_total"),
        cycle_time=_whole(statistics, "schedule_cycle_sum"),
        updates=sum(_whole(call, "count") for call in updates),
        update_time=sum(_whole(call, "total_time") for call in updates),
    )


def number(record: Record, name: str) -> int | None:
    """A whole number, or None where Slurm has none or says infinite."""
    value = record.get(name)
    if isinstance(value, dict):
        if not value.get("set") or value.get("infinite"):
            return None
        value = value.get("number")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise _malformed(name, value)
    return value


def _whole(record: Record, name: str) -> int:
    return number(record, name) or 0


def _text(record: Record, name: str) -> str:
    value = record.get(name, "")
    if not isinstance(value, str):
        raise _malformed(name, value)
    return value


def _list(record: Record, name: str) -> Sequence[object]:
    value = record.get(name, [])
    if not isinstance(value, list):
        raise _malformed(name, value)
    return value


def _record(record: Record, name: str) -> Record:
    value = record.get(name)
    if not isinstance(value, dict):
        raise _malformed(name, value)
    return value


def _array_tasks(record: Record) -> int:
    text = _text(record, "array_task_string").partition("%")[0]
    if text:
        return sum(_tasks(part) for part in text.split(","))
    return 1 if number(record, "array_job_id") else 0


def _tasks(part: str) -> int:
    """Tasks in ``7``, ``0-99`` or ``0-99:10``."""
    ends, _, step = part.partition(":")
    first, _, last = ends.partition("-")
    try:
        return (int(last or first) - int(first)) // int(step or 1) + 1
    except (ValueError, ZeroDivisionError):
        raise _malformed("array_task_string", part) from None


def _malformed(name: str, value: object) -> SlurmUnavailable:
    return SlurmUnavailable(f"Slurm's JSON: {name} is {str(value)[:60]!r}; version supported?")
