"""What a worker's child can do: the only place that imports pyslurm and our libslurm reader."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module, metadata
from types import ModuleType
from typing import Any

from slurm_energy.errors import SlurmMismatch, SlurmUnavailable
from slurm_energy.slurm import gres, versions
from slurm_energy.slurm.answers import usable
from slurm_energy.slurm.commands import Commands

_CURE = "build it with lab/build_pyslurm.py, or set client = 'commands'"


def functions() -> Mapping[str, Callable[..., object]]:
    """The calls by name. Raises ``SlurmMismatch`` where pyslurm is missing or does not fit."""
    pyslurm, queue = _libraries()
    calls = Calls(pyslurm, queue)
    return {
        "jobs": calls.jobs,
        "load": calls.load,
        "update": calls.update,
        "requeue": calls.requeue,
    }


def _libraries() -> tuple[ModuleType, ModuleType]:
    """(pyslurm, our reader), checked before they are loaded: a wrong one may crash."""
    try:
        version = metadata.version("pyslurm")
    except metadata.PackageNotFoundError:
        raise SlurmMismatch(f"pyslurm is not installed; {_CURE}") from None
    slurm = versions.installed(Commands(conf=None, limit=10))
    versions.check_pyslurm(slurm, version)
    try:
        pyslurm = import_module("pyslurm")
        queue = import_module("slurm_energy.slurm._queue")
    except ImportError as error:
        raise SlurmMismatch(f"pyslurm {version} can't be loaded ({error}); {_CURE}") from None
    built_for = versions.Version(*queue.built_for())
    if built_for != slurm:
        raise SlurmMismatch(
            f"slurm-energy's queue reader was built for Slurm {built_for}, here is {slurm}; "
            "install slurm-energy again with SLURM_ENERGY_WITH_SLURM=1"
        )
    return pyslurm, queue


class Calls:
    """Reads and changes the cluster of this process's SLURM_CONF."""

    def __init__(self, pyslurm: ModuleType, queue: ModuleType) -> None:
        self._pyslurm = pyslurm
        self._queue = queue
        self._since = 0
        self._rows: dict[int, tuple[object, ...]] = {}

    def jobs(self) -> tuple[list[tuple[object, ...]], list[int]]:
        """(rows that are new or changed, ids that vanished) since the last call; at first all."""
        try:
            answer = self._queue.load_jobs(self._since)
            if answer is None:
                return [], []
            direct = self._queue.load_direct()
        except self._queue.SlurmRpcError as error:
            raise SlurmUnavailable(f"slurmctld: {error}") from None
        since, found = answer
        rows = {row[0]: (*row, direct.get(row[0])) for row in found}
        before = self._rows
        changed = [row for job_id, row in rows.items() if before.get(job_id) != row]
        vanished = [job_id for job_id in before if job_id not in rows]
        self._since, self._rows = since, rows
        return changed, vanished

    def load(self) -> tuple[object, ...]:
        """(nodes, GPUs, idle ones, and the fields of :class:`~slurm_energy.slurm.pulse.Totals`).

        Nodes are tuples of the fields of :class:`~slurm_energy.model.job.Node`.
        """
        try:
            nodes = list(self._pyslurm.Nodes.load().values())
            statistics = self._pyslurm.slurmctld.Statistics.load()
        except self._pyslurm.RPCError as error:
            raise SlurmUnavailable(f"slurmctld: {error}") from None
        shown = [_node(node) for node in nodes]
        total = sum(gpus for *_, gpus, _, can_run in shown if can_run)
        used = sum(
            gres.count(_gres(node.allocated_gres))
            for node, (*_, can_run) in zip(nodes, shown, strict=True)
            if can_run
        )
        updates = statistics.rpcs_by_type.get("REQUEST_UPDATE_JOB")
        return (
            shown,
            total,
            max(total - used, 0),
            statistics.server_thread_count,
            statistics.dbd_agent_queue_size,
            statistics.schedule_cycle_counter,
            statistics.schedule_cycle_sum,
            updates.count if updates else 0,
            updates.time if updates else 0,
        )

    def update(self, changes: Sequence[tuple[int, int | None, int | None]]) -> list[str]:
        """Send (job id, begin time, SiteFactor) each; Slurm's complaint, or empty, for each."""
        return [self._update(*change) for change in changes]

    def requeue(self, job_id: int) -> str:
        """Send a running job back to the queue; Slurm's complaint, or empty."""
        try:
            self._pyslurm.Job(job_id).requeue()
        except self._pyslurm.RPCError as error:
            return str(error)
        return ""

    def _update(self, job_id: int, begin: int | None, site_factor: int | None) -> str:
        # pyslurm drops a SiteFactor of 0 without a word.
        zero = site_factor == 0
        try:
            if begin is not None or not zero:
                description = self._pyslurm.JobSubmitDescription(
                    begin_time=begin, site_factor=None if zero else site_factor
                )
                self._pyslurm.Job(job_id).modify(description)
            if zero:
                self._queue.set_site_factor(job_id, 0)
        except (self._pyslurm.RPCError, self._queue.SlurmRpcError) as error:
            return str(error)
        return ""


def _node(node: Any) -> tuple[str, int, int, int, str, bool]:
    """The fields of a :class:`~slurm_energy.model.job.Node`, plain, for the pipe."""
    has = _gres(node.configured_gres)
    return (
        node.name,
        node.total_cpus or 0,
        node.real_memory or 0,
        gres.count(has),
        gres.gpu_type(has),
        usable(node.state.split("+")),
    )


def _gres(configured: Mapping[str, int]) -> str:
    return ",".join(f"{name}:{number}" for name, number in configured.items())
