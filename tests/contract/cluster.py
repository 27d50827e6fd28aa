"""What any QueueReader and Actuator must do, whichever cluster is behind: one suite for all.

A ``World`` is the cluster under test together with other people's hands in it.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol

import pytest

from slurm_energy.errors import SlurmUnavailable
from slurm_energy.model.decision import Fate, JobEnd, Outcome, Update
from slurm_energy.model.job import Job, JobKey, JobState, Queue
from tests.builders import some

HOUR = 3600


class World(Protocol):
    """One cluster: how we reach it, and what others do there."""

    cluster: str

    # Ours: the ports.
    def read(self) -> Queue: ...
    def ended(self, since: int) -> tuple[JobEnd, ...]: ...
    def apply(self, updates: list[Update]) -> tuple[Outcome, ...]: ...

    # Other people's.
    def now(self) -> int: ...
    def submit(self, *, begin: int = 0, blocked: bool = False, tasks: int = 0) -> int:
        """A batch job of alice, one hour and two GPUs; ``blocked``: eligible, but without room."""

    def start(self, job_id: int) -> None: ...
    def cancel(self, job_id: int) -> None: ...
    def set_begin(self, job_id: int, begin: int) -> None: ...
    def set_site_factor(self, job_id: int, points: int) -> None: ...

    def eventually(self, wanted: Callable[[], object]) -> None:
        """Return once it holds; fail when it does not within some seconds."""


class PeopledWorld(World, Protocol):
    """A cluster whose people hold jobs and set priorities, and whose controller falls silent."""

    def submit(
        self, *, begin: int = 0, blocked: bool = False, held: bool = False, tasks: int = 0
    ) -> int:
        """The same, and ``held``: by its user."""

    def set_priority(self, job_id: int, priority: int) -> None: ...
    def silent(self) -> AbstractContextManager[None]:
        """While in it, the controller gives no answer."""


def job(world: World, job_id: int) -> Job:
    """The job as it is read now."""
    (found,) = (job for job in world.read().jobs if job.job_id == job_id)
    return found


def key(world: World, job_id: int) -> JobKey:
    return JobKey(world.cluster, job_id, 0)


class ClusterContract:
    """Inherit, and give a ``world`` fixture."""

    @pytest.fixture
    def world(self) -> Iterator[World]:
        raise NotImplementedError

    def test_a_job_is_read_as_it_was_submitted(self, world: World) -> None:
        before = world.now()
        submitted = job(world, world.submit(begin=before + HOUR))
        assert submitted.cluster == world.cluster
        assert submitted.user == "alice"
        assert submitted.state is JobState.PENDING
        assert before - 2 <= submitted.submit_time <= world.now() + 1
        assert submitted.eligible_time == before + HOUR
        assert (submitted.time_limit, submitted.gpus, submitted.nodes) == (HOUR, 2, 1)
        assert submitted.batch
        assert not submitted.held
        assert not submitted.cron
        assert submitted.deadline is None
        assert submitted.start_time is None
        assert submitted.array_task_count == 0

    def test_the_queue_says_what_cluster_it_is_and_how_much_room_there_is(
        self, world: World
    ) -> None:
        job_id = world.submit(begin=world.now() + HOUR)
        queue = world.read()
        assert queue.cluster == world.cluster
        assert abs(queue.read_at - world.now()) <= 5
        assert queue.gpus_total >= queue.gpus_idle > 0
        assert queue.max_job_count is not None
        assert queue.max_job_count > queue.job_count > 0
        ours = job(world, job_id).partition
        (partition,) = (found for found in queue.partitions if found.name == ours)
        assert partition.gpus >= queue.gpus_total  # which leaves out nodes that are down
        assert len(partition.nodes) == 4
        assert {node.name for node in queue.nodes} >= partition.nodes
        assert queue.gpus_total == sum(node.gpus for node in queue.nodes if node.usable)
        assert all(node.cpus > 0 and node.memory > 0 for node in queue.nodes)
        assert {node.gpu_type for node in queue.nodes} == {"h100"}
        assert queue.health.server_threads is not None

    def test_a_later_begin_time_is_written_and_read_back(self, world: World) -> None:
        later = world.now() + 2 * HOUR
        job_id = world.submit(begin=world.now() + HOUR)
        (outcome,) = world.apply([Update(key(world, job_id), begin=later)])
        assert outcome.fate is Fate.SENT
        assert job(world, job_id).eligible_time == later

    def test_an_earlier_begin_time_is_written_and_read_back(self, world: World) -> None:
        job_id = world.submit(begin=world.now() + 2 * HOUR)
        earlier = world.now() + HOUR
        world.apply([Update(key(world, job_id), begin=earlier)])
        assert job(world, job_id).eligible_time == earlier

    def test_a_site_factor_is_set_and_taken_back_to_zero(self, world: World) -> None:
        job_id = world.submit(blocked=True)
        for points in (700, -3, 0):
            world.apply([Update(key(world, job_id), site_factor=points)])
            assert job(world, job_id).site_factor == points

    def test_begin_time_and_site_factor_go_together(self, world: World) -> None:
        later = world.now() + 2 * HOUR
        job_id = world.submit(begin=world.now() + HOUR)
        world.apply([Update(key(world, job_id), begin=later, site_factor=9)])
        changed = job(world, job_id)
        assert changed.eligible_time == later
        assert changed.site_factor in {9, None}  # None: this client can't see it while it waits

    def test_a_begin_time_alone_leaves_the_site_factor(self, world: World) -> None:
        job_id = world.submit(blocked=True)
        world.apply([Update(key(world, job_id), site_factor=9)])
        world.apply([Update(key(world, job_id), begin=world.now())])
        assert job(world, job_id).site_factor == 9

    def test_a_job_that_runs_is_not_touched(self, world: World) -> None:
        job_id = world.submit()
        world.start(job_id)
        before = job(world, job_id)
        (outcome,) = world.apply([Update(key(world, job_id), begin=world.now() + HOUR)])
        assert outcome.fate is Fate.GONE
        assert job(world, job_id).eligible_time == before.eligible_time
        assert job(world, job_id).state is JobState.RUNNING
        assert len(before.nodelist) == 1
        assert before.start_time is not None

    def test_a_running_job_that_is_stopped_waits_for_the_begin_given(self, world: World) -> None:
        job_id = world.submit()
        world.start(job_id)
        before, later = job(world, job_id), world.now() + HOUR
        assert before.requeue
        stop = Update(key(world, job_id), begin=later, stop=True, run_start=before.start_time)
        assert [outcome.fate for outcome in world.apply([stop])] == [Fate.SENT]
        world.eventually(lambda: job(world, job_id).state is JobState.PENDING)
        after = job(world, job_id)
        assert (after.eligible_time, after.restarts) == (later, before.restarts + 1)
        assert after.submit_time >= some(before.start_time)
        assert [outcome.fate for outcome in world.apply([stop])] == [Fate.GONE]

    def test_no_other_run_than_the_one_decided_on_is_stopped(self, world: World) -> None:
        job_id = world.submit()
        world.start(job_id)
        earlier = some(job(world, job_id).start_time) - HOUR
        stop = Update(key(world, job_id), begin=world.now(), stop=True, run_start=earlier)
        assert [outcome.fate for outcome in world.apply([stop])] == [Fate.GONE]
        assert job(world, job_id).state is JobState.RUNNING

    def test_each_update_has_its_own_outcome_in_order(self, world: World) -> None:
        gone, stays = (world.submit(begin=world.now() + HOUR) for _ in range(2))
        world.cancel(gone)
        updates = [
            Update(key(world, 99_999_999), site_factor=5),
            Update(key(world, stays), site_factor=5),
            Update(key(world, gone), site_factor=5),
        ]
        outcomes = world.apply(updates)
        assert [outcome.update for outcome in outcomes] == updates
        assert [outcome.fate for outcome in outcomes] == [Fate.GONE, Fate.SENT, Fate.GONE]

    def test_no_updates_have_no_outcomes(self, world: World) -> None:
        assert tuple(world.apply([])) == ()

    def test_what_other_people_change_is_seen_by_the_next_read(self, world: World) -> None:
        job_id = world.submit(blocked=True)
        world.apply([Update(key(world, job_id), site_factor=5)])
        world.set_site_factor(job_id, 6)
        assert job(world, job_id).site_factor == 6
        theirs = world.now() + 3 * HOUR
        world.set_begin(job_id, theirs)
        assert job(world, job_id).eligible_time == theirs

    def test_an_array_is_one_record_until_its_tasks_start(self, world: World) -> None:
        job_id = world.submit(begin=world.now() + HOUR, tasks=5)
        assert job(world, job_id).array_task_count == 5
        later = world.now() + 2 * HOUR
        (outcome,) = world.apply([Update(key(world, job_id), begin=later)])
        assert outcome.fate is Fate.SENT
        assert job(world, job_id).eligible_time == later
        assert job(world, job_id).array_task_count == 5

    def test_a_queue_in_which_nothing_changed_reads_the_same(self, world: World) -> None:
        world.submit(begin=world.now() + HOUR)
        assert world.read().jobs == world.read().jobs

    def test_a_job_that_ended_is_told_by_accounting_from_then_on(self, world: World) -> None:
        start = world.now()
        job_id = world.submit(begin=world.now() + HOUR)
        submitted = job(world, job_id).submit_time
        world.cancel(job_id)

        def told() -> list[JobEnd]:
            return [end for end in world.ended(start) if end.key.job_id == job_id]

        world.eventually(told)
        (end,) = told()
        assert end.key == JobKey(world.cluster, job_id, submitted)
        assert (end.state, end.user, end.time_limit) == ("CANCELLED", "alice", HOUR)
        assert end.gpus == 2
        assert end.end is not None
        assert job_id not in {later.key.job_id for later in world.ended(end.end + 1)}


class PeopledClusterContract(ClusterContract):
    """The same for a cluster with people in it: give a ``world`` fixture of a PeopledWorld."""

    def test_a_held_job_is_read_as_held_and_stays_so(self, world: PeopledWorld) -> None:
        job_id = world.submit(held=True)
        assert job(world, job_id).held
        world.apply([Update(key(world, job_id), begin=world.now() + HOUR, site_factor=5)])
        assert job(world, job_id).held

    def test_a_priority_that_a_person_set_is_seen_where_the_client_can(
        self, world: PeopledWorld
    ) -> None:
        ours, theirs = world.submit(blocked=True), world.submit(blocked=True)
        world.set_priority(theirs, 4711)
        assert job(world, theirs).priority_set in {True, None}
        assert job(world, ours).priority_set in {False, None}

    def test_a_silent_controller_is_unavailable_and_then_there_again(
        self, world: PeopledWorld
    ) -> None:
        job_id = world.submit(begin=world.now() + HOUR)
        updates = [Update(key(world, job_id), site_factor=5)]
        with world.silent():
            with pytest.raises(SlurmUnavailable):
                world.read()
            assert [outcome.fate for outcome in world.apply(updates)] == [Fate.UNKNOWN]
        assert [outcome.fate for outcome in world.apply(updates)] == [Fate.SENT]
        assert job(world, job_id).state is JobState.PENDING
