"""Only what changed crosses the pipe, and a fresh worker starts anew."""

from types import SimpleNamespace
from typing import Any

import pytest

from slurm_energy.errors import SlurmUnavailable
from slurm_energy.model.decision import Update
from slurm_energy.model.job import JobKey, Node
from slurm_energy.slurm.client_pyslurm import PyslurmSource
from slurm_energy.slurm.pulse import Totals
from slurm_energy.slurm.pyslurm_calls import Calls
from tests.slurm.test_rows import make_row


class RpcError(Exception):
    """Slurm said no."""


class Controller:
    """What libslurm would tell: our reader's and pyslurm's functions over some rows."""

    def __init__(self) -> None:
        self.rows: dict[int, tuple[Any, ...]] = {}
        self.direct: dict[int, bool] = {}
        self.updated = 1
        self.sent: list[tuple[int, object, object]] = []
        self.error: RpcError | None = None
        self.queue: Any = SimpleNamespace(
            SlurmRpcError=RpcError,
            load_jobs=self.load_jobs,
            load_direct=lambda: self.direct,
            set_site_factor=lambda job_id, points: self.send(job_id, None, points),
        )
        self.pyslurm: Any = SimpleNamespace(
            RPCError=RpcError,
            JobSubmitDescription=SimpleNamespace,
            Job=lambda job_id: SimpleNamespace(
                modify=lambda change: self.send(job_id, change.begin_time, change.site_factor),
                requeue=lambda: self.send(job_id, "requeue", None),
            ),
        )

    def put(self, job_id: int, **changes: Any) -> None:
        self.rows[job_id] = tuple(make_row(job_id=job_id, **changes))[:-1]
        self.updated += 1

    def load_jobs(self, since: int) -> tuple[int, list[tuple[Any, ...]]] | None:
        if self.error:
            raise self.error
        return None if since >= self.updated else (self.updated, list(self.rows.values()))

    def send(self, job_id: int, begin: object, points: object) -> None:
        if job_id not in self.rows:
            raise RpcError("Invalid job id specified")
        self.sent.append((job_id, begin, points))


class InProcess:
    """A worker without a process: calls its functions here."""

    def __init__(self, controller: Controller) -> None:
        self.controller = controller
        self.generation = 0
        self.crossed = 0
        self.restart()

    def restart(self) -> None:
        self.calls = Calls(self.controller.pyslurm, self.controller.queue)
        self.generation += 1

    def close(self) -> None:
        self.restart()

    def call(self, name: str, *arguments: object) -> Any:
        answer = getattr(self.calls, name)(*arguments)
        self.crossed = len(answer[0]) if name == "jobs" else 0
        return answer


@pytest.fixture
def controller() -> Controller:
    controller = Controller()
    for job_id in (1, 2, 3):
        controller.put(job_id)
    return controller


@pytest.fixture
def worker(controller: Controller) -> InProcess:
    return InProcess(controller)


@pytest.fixture
def source(worker: InProcess) -> PyslurmSource:
    return PyslurmSource("east", worker)


def test_an_unchanged_queue_is_the_same_objects(source: PyslurmSource, worker: InProcess) -> None:
    first = source.jobs()
    assert source.jobs() is first
    assert worker.crossed == 0


def test_a_changed_job_alone_is_sent(
    source: PyslurmSource, worker: InProcess, controller: Controller
) -> None:
    before = {job.job_id: job for job in source.jobs()}
    controller.put(2, site_factor=5)
    after = {job.job_id: job for job in source.jobs()}
    assert worker.crossed == 1
    assert after[2].site_factor == 5
    assert after[1] is before[1]


def test_a_vanished_job_is_gone(source: PyslurmSource, controller: Controller) -> None:
    source.jobs()
    del controller.rows[2]
    controller.updated += 1
    assert [job.job_id for job in source.jobs()] == [1, 3]


def test_a_priority_that_was_set_is_a_change(source: PyslurmSource, controller: Controller) -> None:
    assert {job.priority_set for job in source.jobs()} == {None}
    controller.direct = {1: False, 2: True}
    controller.updated += 1
    assert [job.priority_set for job in source.jobs()] == [False, True, None]


def test_a_fresh_worker_tells_everything(
    source: PyslurmSource, worker: InProcess, controller: Controller
) -> None:
    source.jobs()
    del controller.rows[2]
    worker.restart()
    assert [job.job_id for job in source.jobs()] == [1, 3]
    assert worker.crossed == 2


def test_slurms_error_is_unavailable(source: PyslurmSource, controller: Controller) -> None:
    controller.error = RpcError("Unable to contact slurm controller (connect failure)")
    with pytest.raises(SlurmUnavailable, match="slurmctld: Unable to contact"):
        source.jobs()


def test_each_update_has_its_complaint(source: PyslurmSource, controller: Controller) -> None:
    updates = [
        Update(JobKey("east", 1, 0), begin=1_790_000_000, site_factor=4),
        Update(JobKey("east", 9, 0), site_factor=4),
    ]
    assert source.update(updates) == ["", "Invalid job id specified"]
    assert controller.sent == [(1, 1_790_000_000, 4)]


def test_a_site_factor_of_zero_does_not_go_through_pyslurm(
    source: PyslurmSource, controller: Controller
) -> None:
    key = JobKey("east", 1, 0)
    source.update([Update(key, site_factor=0), Update(key, begin=1_790_000_000, site_factor=0)])
    assert controller.sent == [(1, None, 0), (1, 1_790_000_000, None), (1, None, 0)]


def test_nodes_cross_the_pipe_with_the_load(source: PyslurmSource, controller: Controller) -> None:
    def node(name: str, state: str, used: int) -> SimpleNamespace:
        return SimpleNamespace(
            name=name,
            state=state,
            total_cpus=64,
            real_memory=512_000,
            configured_gres={"gpu:h100": 8},
            allocated_gres={"gpu:h100": used},
        )

    nodes = {"east0": node("east0", "MIXED", 3), "east1": node("east1", "IDLE+DRAIN", 0)}
    statistics = SimpleNamespace(
        rpcs_by_type={},
        server_thread_count=3,
        dbd_agent_queue_size=4,
        schedule_cycle_counter=10,
        schedule_cycle_sum=1200,
    )
    controller.pyslurm.Nodes = SimpleNamespace(load=lambda: nodes)
    controller.pyslurm.slurmctld = SimpleNamespace(
        Statistics=SimpleNamespace(load=lambda: statistics)
    )
    load = source.load()
    assert (load.gpus_total, load.gpus_idle) == (8, 5)
    assert load.totals == Totals(3, 4, 10, 1200, 0, 0)
    assert load.nodes == (
        Node("east0", 64, 512_000, 8, "h100"),
        Node("east1", 64, 512_000, 8, "h100", usable=False),
    )


def test_a_job_goes_back_through_pyslurm(source: PyslurmSource, controller: Controller) -> None:
    assert [source.requeue(job_id) for job_id in (1, 9)] == ["", "Invalid job id specified"]
    assert controller.sent == [(1, "requeue", None)]
