"""Any job of ours that a queue may show, for laws about columns."""

from typing import Any

import hypothesis.strategies as st

from slurm_energy.decide.rules.guard import Subject
from slurm_energy.model.contract import Sensitivity, WorkloadClass
from slurm_energy.model.held import Held
from slurm_energy.model.job import JobState
from tests.builders import (
    HOUR,
    MINUTE,
    NOON,
    make_annotation,
    make_contract,
    make_job,
    make_subject,
)

TIMES = st.sampled_from([NOON - HOUR, NOON, NOON + 7 * MINUTE, NOON + 5 * HOUR])
MAYBE = st.none() | TIMES
PENDING = st.fixed_dictionaries(
    {
        "eligible_time": MAYBE,
        "accrue_time": MAYBE,
        "time_limit": st.none() | st.sampled_from([MINUTE, HOUR, 30 * HOUR]),
        "deadline": st.none() | st.just(NOON + 9 * HOUR),
        "nodes": st.sampled_from([1, 3, 4]),
        "gpus": st.integers(0, 9),
        "cpus": st.integers(1, 9),
        "memory": st.none() | st.integers(0, 9),
        "array_task_count": st.sampled_from([0, 0, 5, 40]),
        "array_most": st.none() | st.integers(1, 7),
        "partition": st.sampled_from(["gpu", "gpu,other", "other"]),
        "site_factor": st.none() | st.integers(-3, 30),
        "priority_set": st.sampled_from([None, False, True]),
        "held": st.sampled_from([False, False, True]),
        "dependency": st.sampled_from(["", "", "afterok:1(unfulfilled)"]),
        "reservation": st.sampled_from(["", "", "maint"]),
        "restarts": st.integers(0, 2),
        "origin": st.sampled_from([None, "east", "west"]),
        "siblings": st.sampled_from([(), ("east",), ("west",), ("east", "west")]),
    }
)
RUNNING = PENDING.map(lambda fields: fields | {"state": JobState.RUNNING, "start_time": NOON - 99})
CONTRACTS = st.builds(
    make_contract,
    st.sampled_from(WorkloadClass),
    rule=st.sampled_from(["tag", "off"]),
    urgency=st.integers(0, 100),
    max_delay=st.sampled_from([None, 0, HOUR, 24 * HOUR]),
    deadline=st.none() | st.just(NOON + 40 * HOUR),
    sensitivity=st.sampled_from(Sensitivity),
    interruptible=st.booleans(),
    slo=st.sampled_from([None, "wait<10m", "p95<300ms"]),
)
ANNOTATIONS = st.builds(
    make_annotation,
    CONTRACTS,
    submit=st.sampled_from([NOON - 2 * HOUR, NOON]),
    user_begin=st.sampled_from([0, NOON + HOUR]),
    lease=st.sampled_from([0, NOON + 7 * MINUTE]),
    tag=st.sampled_from(["class=evaluation", "max_delay=1h"]),
)
HELD = st.builds(
    Held,
    begin=MAYBE,
    theirs=st.booleans(),
    age_since=st.none() | st.just(NOON - 3 * HOUR),
    floor=st.sampled_from([0, NOON + 5 * HOUR]),
    done=st.sampled_from([0, 1234]),
)


def _subject(job_id: int, fields: dict[str, Any], annotation: Any, held: Held) -> Subject:
    return make_subject(make_job(job_id, **fields), annotation, held)


SUBJECTS = st.builds(_subject, st.integers(1, 50), PENDING | RUNNING, ANNOTATIONS, HELD)
