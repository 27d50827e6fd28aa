"""Slurm's JSON: what we take from it, and that nothing malformed gets through."""

from typing import Any

import pytest

from slurm_energy.errors import SlurmUnavailable
from slurm_energy.model.job import Job, JobState, Node, Partition, Reservation
from slurm_energy.slurm import answers
from slurm_energy.slurm.pulse import Totals
from tests.slurm.commands import INFINITE, number, squeue_job


def read(**changes: Any) -> Job:
    return answers.job("east", squeue_job(**changes), {100: 7})


def test_a_pending_job() -> None:
    job = read()
    assert (job.job_id, job.user, job.state, job.time_limit) == (100, "alice", "PENDING", 3600)
    assert (job.gpus, job.nodes, job.cpus) == (2, 1, 1)
    assert job.site_factor == 7
    assert job.start_time is None, "what Slurm prints for a pending job is backfill's guess"
    assert job.end_time is None
    assert job.deadline is None
    assert job.origin is None
    assert job.priority_set is None
    assert (job.memory, job.gpu_type, job.array_most) == (None, "", None)


def test_a_running_job_has_start_end_and_nodes() -> None:
    job = read(job_state=["RUNNING"], nodes="east[1-2]", priority=number(0))
    assert (job.start_time, job.end_time) == (1_790_000_000, 1_790_003_600)
    assert job.nodelist == ("east1", "east2")
    assert not job.held


@pytest.mark.parametrize(
    ("words", "state"),
    [
        (["PENDING"], JobState.PENDING),
        (["PENDING", "REQUEUED"], JobState.PENDING),
        (["PENDING", "REVOKED"], JobState.OTHER),
        (["PENDING", "COMPLETING", "REQUEUE_FED"], JobState.OTHER),
        (["RUNNING", "CONFIGURING"], JobState.RUNNING),
        (["SUSPENDED"], JobState.SUSPENDED),
        (["COMPLETED"], JobState.OTHER),
        ([], JobState.OTHER),
    ],
)
def test_a_revoked_sibling_is_not_pending_nor_a_job_whose_last_run_still_ends(
    words: list[str], state: JobState
) -> None:
    assert answers.job_state(words) is state


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"priority": number(0)}, "held", True),
        ({"requeue": False}, "requeue", False),
        ({"requeue": True}, "requeue", True),
        ({"time_limit": INFINITE}, "time_limit", None),
        ({"time_limit": number(None)}, "time_limit", None),
        ({"eligible_time": number(0)}, "eligible_time", None),
        ({"deadline": number(1_790_009_000)}, "deadline", 1_790_009_000),
        ({"batch_flag": False}, "batch", False),
        ({"flags": ["CRON_JOB"]}, "cron", True),
        ({"cron": "0 * * * *"}, "cron", True),
        ({"het_job_id": number(99)}, "het", True),
        ({"restart_cnt": 2}, "restarts", 2),
        ({"resv_name": "exam"}, "reservation", "exam"),
        ({"federation_origin": "west"}, "origin", "west"),
        ({"federation_siblings_viable": "east,west"}, "siblings", ("east", "west")),
        ({"array_task_string": "0-99%5"}, "array_task_count", 100),
        ({"array_task_string": "1,5-7,10-30:10%2"}, "array_task_count", 7),
        ({"array_job_id": number(98), "array_task_id": number(3)}, "array_task_count", 1),
        ({"tres_req_str": "", "tres_per_job": "gres/gpu:3"}, "gpus", 3),
        ({"tres_per_node": "gres/gpu:h100:2"}, "gpu_type", "h100"),
        ({"tres_req_str": "cpu=1,mem=62.50G,gres/gpu=2"}, "memory", 64_000),
        ({"array_max_tasks": number(5)}, "array_most", 5),
        ({"array_max_tasks": number(0)}, "array_most", None),
        (
            {"array_job_id": number(98), "array_task_string": "4-9%2"},
            "array",
            "98_[4-9%2]",
        ),
        ({"array_job_id": number(98), "array_task_id": number(3)}, "array", "98_3"),
        ({"array_job_id": number(98), "array_task_id": number(0)}, "array", "98_0"),
        ({"array_job_id": number(0), "array_task_id": number(None)}, "array", ""),
        (
            {
                "array_job_id": number(98),
                "array_task_string": ",".join(map(str, range(10, 60, 2))),
            },
            "array",
            "98_[10,12,14,16,18,20,22,24,26,28,30,32,34,3...]",
        ),
    ],
)
def test_each_field_is_taken(changes: dict[str, Any], field: str, value: object) -> None:
    assert getattr(read(**changes), field) == value


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": 5}, "name is '5'"),
        ({"submit_time": "soon"}, "submit_time is 'soon'"),
        ({"submit_time": {"set": True, "number": 1.5}}, "submit_time is '1.5'"),
        ({"job_state": "PENDING"}, "job_state is 'PENDING'"),
        ({"array_task_string": "1-x"}, "array_task_string is '1-x'"),
        ({"nodes": "east[1-"}, "can't be read"),
    ],
)
def test_a_malformed_job_is_refused_by_field(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SlurmUnavailable, match=message):
        read(**changes)


@pytest.mark.parametrize("answer", [{}, {"jobs": {}}, {"jobs": [1]}, {"jobs": None}])
def test_an_answer_without_its_list_is_refused(answer: dict[str, Any]) -> None:
    with pytest.raises(SlurmUnavailable, match="no list 'jobs'"):
        answers.records(answer, "jobs")


def test_gpus_of_nodes_that_cannot_run_jobs_do_not_count() -> None:
    def node(state: list[str], used: int) -> dict[str, Any]:
        return {"gres": "gpu:h100:8", "gres_used": f"gpu:h100:{used}(IDX:0)", "state": state}

    nodes = [node(["IDLE"], 0), node(["MIXED"], 3), node(["IDLE", "DRAIN"], 0), node(["DOWN*"], 0)]
    assert answers.gpus(nodes) == (16, 13)


def test_a_node_is_read_with_its_size() -> None:
    record = {
        "name": "east0",
        "cpus": 64,
        "real_memory": 512_000,
        "gres": "gpu:h100:8(S:0-1)",
        "state": ["MIXED", "DRAIN"],
    }
    assert answers.node(record) == Node("east0", 64, 512_000, 8, "h100", usable=False)
    assert answers.node(record | {"gres": "", "state": ["IDLE"]}).usable


def test_a_partition_and_a_reservation() -> None:
    partition = {
        "name": "gpu",
        "nodes": {"configured": "east[1-2]"},
        "tres": {"configured": "cpu=32,node=2,gres/gpu=16"},
    }
    assert answers.partition(partition) == Partition("gpu", frozenset({"east1", "east2"}), 16)
    reservation = {
        "name": "maint",
        "start_time": number(1_790_000_000),
        "end_time": number(1_790_003_600),
        "node_list": "east2",
        "flags": ["MAINT", "SPEC_NODES"],
    }
    assert answers.reservation(reservation) == Reservation(
        "maint", 1_790_000_000, 1_790_003_600, frozenset({"east2"})
    )


def test_the_controllers_counters() -> None:
    statistics = {
        "server_thread_count": 3,
        "dbd_agent_queue_size": 4,
        "schedule_cycle_total": 10,
        "schedule_cycle_sum": 1200,
        "rpcs_by_message_type": [],
    }
    assert answers.totals({"statistics": statistics}) == Totals(3, 4, 10, 1200, 0, 0)
    statistics["rpcs_by_message_type"] = [
        {"message_type": "REQUEST_UPDATE_JOB", "count": 5, "total_time": 440},
        {"message_type": "REQUEST_JOB_INFO", "count": 7, "total_time": 9000},
    ]
    assert answers.totals({"statistics": statistics}) == Totals(3, 4, 10, 1200, 5, 440)
