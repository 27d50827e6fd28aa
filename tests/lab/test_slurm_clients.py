"""Both clients against real Slurm: the contract, and what only a laboratory can show."""

from collections.abc import Iterator

import pytest

from lab.laboratory import Lab
from slurm_energy.model.decision import Fate, Update
from slurm_energy.model.job import JobKey, JobState
from tests.contract.cluster import HOUR, PeopledClusterContract, job, key
from tests.lab.scenario import Scenario
from tests.lab.slurm_world import LabWorld

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module", params=["pyslurm", "commands"])
def shared_world(whole_scenario: Scenario, request: pytest.FixtureRequest) -> Iterator[LabWorld]:
    """A client on a laboratory whose own daemons rest."""
    whole_scenario.reset()
    world = LabWorld(whole_scenario.east, request.param)
    yield world
    world.close()


class TestSlurmClients(PeopledClusterContract):
    @pytest.fixture
    def world(self, shared_world: LabWorld) -> LabWorld:
        return shared_world


def test_slurms_own_deadline_dependency_and_comment_are_read(shared_world: LabWorld) -> None:
    world = shared_world
    first = world.submit(begin=world.now() + HOUR)
    comment = "a|b\nJobId=7 AdminComment=slurm-energy:class=training 'q' \"é"
    options = ("--time=10", "--clusters=east", f"--comment={comment}", "--deadline=now+5hours")
    second = job(world, world.sbatch(f"--dependency=afterok:{first}", *options))
    assert second.comment == comment
    assert second.admin_comment == ""
    assert str(first) in second.dependency
    assert second.deadline is not None
    assert abs(second.deadline - world.now() - 5 * HOUR) < 60
    assert second.eligible_time is None


def test_a_job_of_both_clusters_names_its_origin_and_siblings(shared_world: LabWorld) -> None:
    world = shared_world
    job_id = world.sbatch("--begin=now+1hour", "--time=10")
    federated = job(world, job_id)
    assert federated.origin == "east"
    assert sorted(federated.siblings) == ["east", "west"]
    assert federated.state is JobState.PENDING
    assert job_id >> 26 == 1


def test_an_update_at_the_origin_reaches_the_sibling(shared_world: LabWorld, lab: Lab) -> None:
    world = shared_world
    job_id = world.sbatch("--begin=now+1hour", "--time=10")
    later = world.now() + 2 * HOUR
    (outcome,) = world.apply([Update(key(world, job_id), begin=later)])
    assert outcome.fate is Fate.SENT
    west = LabWorld(lab.host("west"), "pyslurm")
    try:
        world.eventually(lambda: job(west, job_id).eligible_time == later)
    finally:
        west.close()


def test_a_heterogeneous_job_is_marked_in_every_component(shared_world: LabWorld) -> None:
    world = shared_world
    options = ("--clusters=east", "--begin=now+1hour", "--time=10")
    leader = world.sbatch(*options, ":", *options)
    assert [job(world, leader + offset).het for offset in (0, 1)] == [True, True]


def test_accounting_tells_the_gpu_type_that_a_job_had(shared_world: LabWorld) -> None:
    world, start = shared_world, shared_world.now()
    options = ("--clusters=east", "--time=10")
    asked = {
        world.sbatch(*options, "--gpus=2"): "h100",
        world.sbatch(*options, "--gpus=h100:1"): "h100",
        world.sbatch(*options): "",
    }

    def running() -> bool:
        return all(job(world, job_id).state is JobState.RUNNING for job_id in asked)

    world.eventually(running)
    for job_id in asked:
        world.cancel(job_id)

    def told() -> dict[int, str]:
        ends = (end for end in world.ended(start) if end.start is not None)
        return {end.key.job_id: end.gpu_type for end in ends if end.key.job_id in asked}

    world.eventually(lambda: told().keys() == asked.keys())
    assert told() == asked


def test_a_hundred_updates_each_come_true(shared_world: LabWorld) -> None:
    world = shared_world
    ids = [world.submit(blocked=True) for _ in range(10)]
    updates = [
        Update(JobKey("east", job_id, 0), site_factor=round_ * 10 + index)
        for round_ in range(10)
        for index, job_id in enumerate(ids)
    ]
    assert {outcome.fate for outcome in world.apply(updates)} == {Fate.SENT}
    assert [job(world, job_id).site_factor for job_id in ids] == [90 + n for n in range(10)]


def test_what_a_job_takes_is_read_type_memory_and_array_limit(shared_world: LabWorld) -> None:
    world = shared_world
    options = ("--clusters=east", "--begin=now+1hour", "--time=10", "--mem=4G", "--gpus=h100:2")
    array = job(world, world.sbatch("--array=0-9%3", *options))
    assert (array.gpus, array.gpu_type, array.memory) == (2, "h100", 4096)
    assert (array.array_task_count, array.array_most) == (10, 3)
    assert array.array == f"{array.job_id}_[0-9%3]"
    single = job(world, world.sbatch(*options))
    assert (single.array_task_count, single.array_most, single.array) == (0, None, "")
