"""A record of libslurm's becomes a job; 0 means nothing there, None here."""

import os
import pwd
from typing import Any

import pytest

from slurm_energy.model.job import Job, JobState
from slurm_energy.slurm import rows
from slurm_energy.slurm.rows import Row

_TEXTS = (
    *("account", "partition", "qos", "reason", "comment", "admin_comment"),
    *("tres_per_job", "tres_per_node", "tres_per_task", "dependency", "reservation"),
    *("origin", "siblings", "nodelist", "array_range"),
)


def make_row(**changes: Any) -> Row:
    """A pending batch job of an hour and two GPUs, as ``ext/_queue.pyx`` hands it over."""
    known: dict[str, Any] = (
        dict.fromkeys(Row._fields, 0)
        | dict.fromkeys(_TEXTS, "")
        | {
            "job_id": 100,
            "name": "eval",
            "user_id": os.getuid(),
            "time_limit": 60,
            "nodes": 1,
            "cpus": 1,
            "tasks": 1,
            "batch": True,
            "direct": None,
            "tres": "cpu=1,gres/gpu=2",
        }
    )
    return Row(**(known | changes))


def read(**changes: Any) -> Job:
    return rows.job("east", make_row(**changes))


def test_what_slurm_leaves_empty_is_none() -> None:
    job = read()
    assert (job.eligible_time, job.deadline, job.start_time, job.end_time) == (None,) * 4
    assert (job.origin, job.siblings, job.nodelist) == (None, (), ())
    assert (job.memory, job.gpu_type, job.array_most) == (None, "", None)
    assert (job.time_limit, job.gpus, job.site_factor) == (3600, 2, 0)
    assert job.user == pwd.getpwuid(os.getuid()).pw_name


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"state": 1, "nodelist": "east[1-2]"}, "nodelist", ("east1", "east2")),
        ({"state": 0, "revoked": True}, "state", JobState.OTHER),
        ({"state": 0, "completing": True}, "state", JobState.OTHER),
        (
            {"array_job_id": 98, "array_task_id": 0xFFFFFFFE, "array_range": "4-9"},
            "array",
            "98_[4-9]",
        ),
        ({"array_job_id": 98, "array_task_id": 4}, "array", "98_4"),
        ({"array_job_id": 0, "array_task_id": 0xFFFFFFFE}, "array", ""),
        ({"requeue": True}, "requeue", True),
        ({"requeue": False}, "requeue", False),
        ({"state": 2}, "state", JobState.SUSPENDED),
        ({"state": 5}, "state", JobState.OTHER),
        ({"time_limit": 0xFFFFFFFF}, "time_limit", None),
        ({"time_limit": 0xFFFFFFFE}, "time_limit", None),
        ({"held": True}, "held", True),
        ({"held": True, "state": 1}, "held", False),
        ({"direct": True}, "priority_set", True),
        ({"het_job_id": 99}, "het", True),
        ({"siblings": "east,west"}, "siblings", ("east", "west")),
        ({"site_factor": -7}, "site_factor", -7),
        ({"tres": "cpu=1,mem=4G,gres/gpu=2"}, "memory", 4096),
        ({"tres_per_node": "gres/gpu:a100:2"}, "gpu_type", "a100"),
        ({"array_most": 5}, "array_most", 5),
        ({"user_id": 4_000_000_000}, "user", "4000000000"),
    ],
)
def test_each_field_is_taken(changes: dict[str, Any], field: str, value: object) -> None:
    assert getattr(read(**changes), field) == value
