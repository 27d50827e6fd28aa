"""The simulated cluster keeps the contract of the real clients but for what people do there.

Nobody holds a job or sets a priority in a simulation, and its controller always answers.
"""

from collections.abc import Callable

import pytest

from slurm_energy.model.decision import JobEnd, Outcome, Update
from slurm_energy.model.job import Queue
from slurm_energy.simulate.scene import Nodes
from slurm_energy.simulate.trace import TraceJob
from tests.contract.cluster import HOUR, ClusterContract
from tests.simulate.plays import Stage, make_scene


class SimulatedWorld:
    """A stage with four nodes, and the hands that the contract asks for."""

    cluster = "east"

    def __init__(self) -> None:
        self.stage = Stage(make_scene([], Nodes(count=4, gpus=8, cpus=64)))
        self._door = self.stage.clusters.doors["east"]
        self._next = 100

    def read(self) -> Queue:
        return self._door.read()

    def ended(self, since: int) -> tuple[JobEnd, ...]:
        return tuple(self._door.ended(since))

    def apply(self, updates: list[Update]) -> tuple[Outcome, ...]:
        return tuple(self._door.apply(updates))

    def now(self) -> int:
        return self.stage.clock.now()

    def submit(self, *, begin: int = 0, blocked: bool = False, tasks: int = 0) -> int:
        if blocked:
            self._submit(gpus=32, user="bob")
            self.stage.settle()
        job_id = self._submit(tasks=max(1, tasks))
        if begin:
            self.stage.east.change(self.stage.east.table[job_id], begin, None)
        return job_id

    def start(self, job_id: int) -> None:
        self.stage.settle()
        assert self.stage.job(job_id).start_time is not None

    def cancel(self, job_id: int) -> None:
        self.stage.east.finish(self.stage.east.table[job_id], "CANCELLED")

    def set_begin(self, job_id: int, begin: int) -> None:
        self.stage.east.change(self.stage.east.table[job_id], begin, None)

    def set_site_factor(self, job_id: int, points: int) -> None:
        self.stage.east.change(self.stage.east.table[job_id], None, points)

    def eventually(self, wanted: Callable[[], object]) -> None:
        assert wanted()

    def _submit(self, gpus: int = 2, user: str = "alice", tasks: int = 1) -> int:
        self._next += 1
        job = TraceJob(self._next, self.now(), HOUR, gpus, 1, user=user, limit=HOUR, tasks=tasks)
        self.stage.east.admit(job)
        return self._next


class TestSimulatedCluster(ClusterContract):
    @pytest.fixture
    def world(self) -> SimulatedWorld:
        return SimulatedWorld()
