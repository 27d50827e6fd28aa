"""What a cluster can give by slot, and what jobs take of it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.decide.gpus.boards import DEFAULT_MODEL
from slurm_energy.decide.power.capacity import Resource, capacity, demand, fits
from slurm_energy.decide.power.watts import Machines, machines
from slurm_energy.model.job import Node, Queue, Reservation
from slurm_energy.model.power import GridEvent, PowerLimit
from tests.builders import HOUR, NOON, make_job, make_queue

SLOT = 900
GPUS, CPUS, WATTS, MEMORY = Resource.GPUS, Resource.CPUS, Resource.WATTS, Resource.MEMORY
H100 = Machines(DEFAULT_MODEL, "east", "h100")


def node(number: int, **changes: Any) -> Node:
    """A node of eight H100s."""
    values: dict[str, Any] = {"cpus": 64, "memory": 512_000, "gpus": 8, "gpu_type": "h100"}
    return Node(f"east{number}", **(values | changes))


def queue_of(*nodes: Node, reservations: tuple[Reservation, ...] = ()) -> Queue:
    return make_queue(nodes=nodes, reservations=reservations)


FOUR = queue_of(*(node(number) for number in range(4)))


def reserved(start: int, end: int, *numbers: int) -> Reservation:
    return Reservation("held", start, end, frozenset(f"east{number}" for number in numbers))


def limit(queue: Queue, resource: Resource, slots: int = 8, **changes: Any) -> list[float]:
    known = capacity(queue, NOON, SLOT, slots, **changes)
    return [float(value) for value in known.limit[:, known.resources.index(resource)]]


def test_all_that_usable_nodes_have() -> None:
    known = capacity(FOUR, NOON + 200, SLOT, 3)
    assert (known.start, known.slot) == (NOON, SLOT)
    assert known.resources == (GPUS, CPUS, MEMORY)
    assert known.limit.tolist() == [[32, 256, 2_048_000]] * 3
    assert known.limit.flags.c_contiguous


def test_nodes_that_are_down_or_drained_count_nothing() -> None:
    assert limit(queue_of(node(0), node(1, usable=False)), GPUS, slots=1) == [8]


def test_a_reservation_takes_its_nodes_in_every_slot_it_touches() -> None:
    held = reserved(NOON + SLOT + 1, NOON + 3 * SLOT + 1, 0, 1)
    queue = queue_of(node(0), node(1), node(2), reservations=(held,))
    assert limit(queue, GPUS, slots=6) == [24, 8, 8, 8, 24, 24]


def test_one_that_holds_now_or_ends_with_a_slot_takes_no_more_than_its_time() -> None:
    held = reserved(NOON - HOUR, NOON + SLOT, 0)
    assert limit(queue_of(node(0), node(1), reservations=(held,)), GPUS, slots=3) == [8, 16, 16]


def test_a_node_can_be_taken_but_once() -> None:
    both = (reserved(NOON, NOON + 2 * SLOT, 0, 1), reserved(NOON + SLOT, NOON + 3 * SLOT, 1, 2))
    queue = queue_of(node(0), node(1), node(2), reservations=both)
    assert limit(queue, GPUS, slots=4) == [8, 0, 8, 24]


def test_one_of_other_peoples_nodes_or_of_licences_takes_nothing() -> None:
    queue = queue_of(node(0), reservations=(reserved(NOON, NOON + HOUR, 7), reserved(NOON, NOON)))
    assert limit(queue, GPUS, slots=2) == [8, 8]


def test_a_pool_without_nodes_has_gpus_only() -> None:
    known = capacity(make_queue(gpus_total=45), NOON, SLOT, 2)
    assert (known.resources, known.limit.tolist()) == ((GPUS,), [[45], [45]])


def test_a_pool_without_limit_has_no_columns() -> None:
    known = capacity(make_queue(gpus_total=0), NOON, SLOT, 2)
    assert (known.resources, known.limit.shape) == ((), (2, 0))
    nobody = demand([make_job(gpus=64)], known)
    assert (nobody.total.shape, nobody.tasks.tolist()) == ((1, 0), [1])


def test_without_power_settings_there_is_no_column_of_watts() -> None:
    assert WATTS not in capacity(FOUR, NOON, SLOT, 4, None, H100).resources
    assert WATTS not in capacity(FOUR, NOON, SLOT, 4, PowerLimit(), H100).resources


def test_watts_are_what_the_contract_leaves_above_the_idle_draw() -> None:
    idle = 32 * DEFAULT_MODEL.gpus["h100"].idle
    assert limit(FOUR, WATTS, 1, power=PowerLimit(20_000), where=H100) == [20_000 - idle]
    assert limit(FOUR, WATTS, 1, power=PowerLimit(20_000, base=9_000), where=H100) == [11_000]
    assert limit(FOUR, WATTS, 1, power=PowerLimit(1_000), where=H100) == [0]


def test_an_event_lowers_the_watts_of_every_slot_it_touches() -> None:
    event = GridEvent(NOON + SLOT + 60, NOON + 2 * SLOT + 60, 5_000, "TSO")
    known = PowerLimit(20_000, base=0, events=(event,))
    assert limit(FOUR, WATTS, 4, power=known) == [20_000, 5_000, 5_000, 20_000]
    alone = PowerLimit(base=0, events=(event,))
    assert limit(FOUR, WATTS, 4, power=alone) == [np.inf, 5_000, 5_000, np.inf]


@given(
    st.lists(
        st.tuples(st.integers(-8, 40), st.integers(0, 24), st.sets(st.integers(0, 4))), max_size=6
    )
)
def test_a_slot_never_gives_what_a_reservation_has_at_any_moment_of_it(
    spans: list[tuple[int, int, set[int]]],
) -> None:
    step = SLOT // 4
    held = tuple(reserved(NOON + a * step, NOON + (a + b) * step, *who) for a, b, who in spans)
    queue = queue_of(*(node(number) for number in range(5)), reservations=held)
    for index, gpus in enumerate(limit(queue, GPUS, slots=12)):
        begin, end = NOON + index * SLOT, NOON + (index + 1) * SLOT
        taken = {name for r in held if r.start < end and r.end > begin for name in r.nodes}
        assert gpus == 8 * (5 - len(taken))


def test_jobs_take_what_they_asked_for() -> None:
    known = capacity(FOUR, NOON, SLOT, 4, PowerLimit(90_000, base=0), H100)
    taken = demand([make_job(gpus=2, cpus=16, memory=64_000)], known, np.array([1_200.0]))
    assert dict(zip(known.resources, taken.total[0].tolist(), strict=True)) == {
        GPUS: 2,
        CPUS: 16,
        WATTS: 1_200,
        MEMORY: 64_000,
    }


@pytest.mark.parametrize(
    ("changes", "tasks", "waves"),
    [
        ({}, 1, 1),
        ({"array_task_count": 10}, 10, 1),
        ({"array_task_count": 100}, 32, 4),  # 32 GPUs
        ({"array_task_count": 100, "array_most": 5}, 5, 20),
        ({"array_task_count": 3, "array_most": 5}, 3, 1),
        ({"gpus": 33}, 0, 1),
        ({"gpus": 8, "memory": 1_000_000, "array_task_count": 4}, 2, 2),
    ],
)
def test_tasks_of_an_array_that_may_run_at_once(
    changes: dict[str, Any], tasks: int, waves: int
) -> None:
    taken = demand([make_job(**changes)], capacity(FOUR, NOON, SLOT, 4))
    assert (taken.tasks.tolist(), taken.waves.tolist()) == ([tasks], [waves])


def test_a_job_wider_than_everything_takes_nothing() -> None:
    taken = demand([make_job(gpus=64)], capacity(FOUR, NOON, SLOT, 4))
    assert taken.total.tolist() == [[0, 0, 0]]


def test_watts_that_nobody_knows_bound_nothing() -> None:
    known = capacity(FOUR, NOON, SLOT, 4, PowerLimit(90_000), H100)
    taken = demand([make_job()], known, np.array([np.nan]))
    assert taken.total[0, known.resources.index(WATTS)] == 0
    assert taken.tasks.tolist() == [1]


def test_a_wide_job_has_room_only_where_the_nodes_are_there() -> None:
    queue = queue_of(node(0), node(1), reservations=(reserved(NOON, NOON + SLOT, 0),))
    known = capacity(queue, NOON, SLOT, 3)
    taken = demand([make_job(gpus=16)], known)
    assert fits(known, taken.width[0]).tolist() == [False, True, True]


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 200)), min_size=1, max_size=20))
def test_no_job_takes_more_than_the_widest_slot_has(shapes: list[tuple[int, int]]) -> None:
    jobs = [make_job(gpus=gpus, array_task_count=tasks) for gpus, tasks in shapes]
    known = capacity(FOUR, NOON, SLOT, 4)
    taken = demand(jobs, known)
    assert (taken.total <= known.limit.max(axis=0)).all()
    assert (taken.waves >= 1).all()


def test_nobody_takes_nothing() -> None:
    taken = demand([], capacity(FOUR, NOON, SLOT, 4))
    assert (taken.total.shape, taken.tasks.shape) == ((0, 3), (0,))


def test_a_cluster_of_one_type_tells_what_its_jobs_get() -> None:
    assert machines(FOUR, DEFAULT_MODEL).gpu_type == "h100"
    assert machines(queue_of(node(0), node(1, gpu_type="a100")), DEFAULT_MODEL).gpu_type == ""
