"""Which jobs are like this one, from the most specific group to all."""

from typing import Any

import pytest

from slurm_energy.decide.durations.likeness import ALL_JOBS, Traits, groups, label, limit_bucket
from slurm_energy.model.contract import WorkloadClass
from tests.builders import HOUR, MINUTE


def make_traits(**changes: Any) -> Traits:
    values: dict[str, Any] = {
        "user": "alice",
        "account": "research",
        "name": "train-42",
        "partition": "gpu",
        "workload_class": WorkloadClass.TRAINING,
        "limit": 4 * HOUR,
    }
    return Traits(**(values | changes))


def test_the_chain_leads_from_this_very_job_to_all_jobs() -> None:
    assert [label(key) for key in groups(make_traits()) if key is not None] == [
        "alice's train-* in gpu, training, time limit 2 h to 4 h",
        "alice's train-*",
        "account research's train-*",
        "alice's jobs in gpu, time limit 2 h to 4 h",
        "alice's training jobs",
        "training jobs in gpu, time limit 2 h to 4 h",
        "partition gpu",
        "all jobs",
    ]


def test_what_is_not_known_makes_no_group() -> None:
    bare = make_traits(user="", account="", name="", partition="", limit=None)
    known = [key for key in groups(bare) if key is not None]
    assert [label(key) for key in known] == ["training jobs, without a time limit", "all jobs"]
    assert known[-1] is ALL_JOBS


@pytest.mark.parametrize(
    ("limit", "bucket", "words"),
    [
        (None, -1, "without a time limit"),
        (1, 0, "time limit at most 15 min"),
        (15 * MINUTE, 0, "time limit at most 15 min"),
        (16 * MINUTE, 1, "time limit 15 min to 30 min"),
        (HOUR, 2, "time limit 30 min to 1 h"),
        (HOUR + 1, 3, "time limit 1 h to 2 h"),
        (72 * HOUR, 9, "time limit 64 h to 128 h"),
    ],
)
def test_limits_are_like_each_other_within_a_doubling(
    limit: int | None, bucket: int, words: str
) -> None:
    assert limit_bucket(limit) == bucket
    (key,) = (key for key in groups(make_traits(limit=limit, user="")) if key and key.level == 5)
    assert label(key).endswith(words)
