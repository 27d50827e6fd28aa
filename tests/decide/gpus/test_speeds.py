"""Run times learned on one GPU type and asked for on another."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slurm_energy.decide.durations.recent import scaled
from slurm_energy.decide.durations.runtimes import History
from slurm_energy.decide.durations.shapes import Shapes
from slurm_energy.decide.gpus.boards import DEFAULT_MODEL
from slurm_energy.decide.gpus.gputypes import GpuTypes
from slurm_energy.decide.gpus.speeds import LEAST_RUNS, MOST_TYPES, NEWEST, Ratio, Series, Speeds
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.decision import JobEnd
from slurm_energy.model.job import Job, Node, Partition
from slurm_energy.model.power import PowerModel
from tests.builders import HOUR, NOON, make_contract, make_job, make_queue
from tests.ledger.builders import make_end, make_key

SLOT, SLOTS = 900, 192
TRAINING = WorkloadClass.TRAINING
CONTRACT = make_contract(workload_class=TRAINING)
ENOUGH = 8
"""Series that must agree where all of them do: one chance in 128 that they do by chance."""


def model(**speeds: float) -> PowerModel:
    return PowerModel(gpus=DEFAULT_MODEL.gpus, speeds=speeds)


def series(number: int) -> Series:
    return Series(f"user{number}", "research", "train-*", 8)


def learned(*ratios: float, runs: int = LEAST_RUNS, speeds: Speeds | None = None) -> Speeds:
    """Series of an hour on an a100, and of so many hours on an h100."""
    found = speeds or Speeds(model())
    for number, ratio in enumerate(ratios):
        for at in range(runs):
            found.learn(series(number), "a100", NOON + at, HOUR)
            found.learn(series(number), "h100", NOON + at, round(ratio * HOUR))
    return found


def test_nothing_is_known_before_enough_series_agree() -> None:
    assert learned(*[0.5] * (ENOUGH - 1)).between("a100", "h100") is None
    assert learned(*[0.5] * ENOUGH).between("a100", "h100") == Ratio(0.5, ENOUGH)
    assert learned(*[0.5] * ENOUGH).between("h100", "a100") == Ratio(2.0, ENOUGH)


def test_series_that_disagree_say_nothing_however_many_they_are() -> None:
    assert learned(*[0.5, 2.0] * 50).between("a100", "h100") is None


def test_types_of_the_same_speed_are_the_same() -> None:
    assert learned(*[0.99] * 50).between("a100", "h100") is None
    assert learned(*[1.0] * 50).between("a100", "h100") is None


def test_a_few_runs_are_no_series() -> None:
    assert learned(*[0.5] * 50, runs=LEAST_RUNS - 1).between("a100", "h100") is None


def test_the_median_is_told_in_twentieths_and_one_wild_series_changes_little() -> None:
    assert learned(*[0.54] * 12, 0.001).between("a100", "h100") == Ratio(0.55, 13)


def test_what_a_series_ran_long_ago_is_forgotten() -> None:
    speeds = learned(*[0.25] * ENOUGH)
    for number in range(ENOUGH):
        for at in range(NEWEST):
            speeds.learn(series(number), "h100", NOON + HOUR + at, HOUR // 2)
    assert speeds.between("a100", "h100") == Ratio(0.5, ENOUGH)


def test_types_that_no_series_shares_are_not_compared() -> None:
    speeds = learned(*[0.5] * ENOUGH)
    assert speeds.between("a100", "l4") is None
    assert speeds.between("a100", "") is None
    assert speeds.between("a100", "a100") is None


def test_a_job_without_a_name_or_a_gpu_is_in_no_series() -> None:
    speeds = Speeds(model())
    for user, stem, gpus in (("", "a", 1), ("a", "", 1), ("a", "a", 0)):
        for number in range(20):
            for at in range(LEAST_RUNS):
                for kind, run in (("a100", HOUR), ("h100", HOUR // 2)):
                    speeds.learn(Series(user, str(number), stem, gpus), kind, NOON + at, run)
    assert speeds.between("a100", "h100") is None


def test_what_the_site_says_comes_before_what_was_learned() -> None:
    speeds = learned(*[0.5] * 20, speeds=Speeds(model(a100=1.0, h100=2.5)))
    assert speeds.between("a100", "h100") == Ratio(0.4, 0)
    assert speeds.between("a100", "h100").words("h100") == "x0.4 on h100 as configured"  # type: ignore[union-attr]


def test_a_speed_beside_which_no_other_is_named_says_nothing() -> None:
    assert Speeds(model(h100=2.5)).between("a100", "h100") is None
    assert learned(*[0.5] * 8, speeds=Speeds(model(h100=2.5))).between("a100", "h100") is not None


def test_more_types_than_are_told_apart_are_taken_as_they_are() -> None:
    speeds = Speeds(model())
    codes = [speeds.code(f"type{number}") for number in range(MOST_TYPES + 5)]
    assert codes == [*range(1, MOST_TYPES + 1), *[0] * 5]
    assert speeds.code("") == 0


# What a planner asks: a cluster of each type, and jobs that ran there.


def world(history: Speeds) -> GpuTypes:
    for cluster, kind in (("east", "a100"), ("west", "h100")):
        nodes = (Node(f"{cluster}1", 64, 500_000, 8, kind),)
        part = (Partition("gpu", frozenset({f"{cluster}1"}), 8),)
        history.types.see(make_queue(cluster=cluster, nodes=nodes, partitions=part))
    return history.types


def ran(run: int, kind: str, at: int, **changes: Any) -> JobEnd:
    values: dict[str, Any] = {
        "start": at,
        "end": at + run,
        "name": "train-1",
        "gpu_type": kind,
        "time_limit": 24 * HOUR,
    }
    return make_end(make_key(at), **(values | changes))


def both(count: int = ENOUGH, factor: float = 0.5, run: int = 4 * HOUR) -> list[JobEnd]:
    """``count`` users who ran the same on both."""
    return [
        ran(seconds, kind, NOON + 1000 * number + at, user=f"user{number}")
        for number in range(count)
        for at in range(LEAST_RUNS)
        for kind, seconds in (("a100", run), ("h100", round(factor * run)))
    ]


def taught(ends: Sequence[JobEnd], speeds: Speeds | None = None) -> History:
    speeds = speeds or Speeds(model())
    world(speeds)
    history = History(speeds=speeds)
    for end in ends:
        history.learn(end, CONTRACT)
    return history


def own(count: int = 30, run: int = 8 * HOUR, kind: str = "a100", **changes: Any) -> list[JobEnd]:
    """Alice's own runs."""
    return [ran(run, kind, NOON + 500_000 + at, **changes) for at in range(count)]


def asked(history: History, *jobs: Job) -> Shapes:
    return history.shapes(jobs, [TRAINING] * len(jobs), SLOT, SLOTS)


def hours(history: History, **changes: Any) -> float:
    """The mean run time of alice's training."""
    return float(asked(history, pending(**changes)).alive[0].sum()) * SLOT / HOUR


def pending(**changes: Any) -> Job:
    values: dict[str, Any] = {"name": "train-7", "time_limit": 24 * HOUR}
    return make_job(**(values | changes))


def test_a_run_learned_on_one_type_is_asked_for_in_the_time_of_another() -> None:
    history = taught([*both(), *own()])
    assert hours(history, cluster="east") == pytest.approx(8.1, abs=0.3)
    assert hours(history, cluster="west") == pytest.approx(4.1, abs=0.3)
    assert hours(history, cluster="east", gpu_type="h100") == hours(history, cluster="west")


def test_explain_names_the_types_and_the_evidence() -> None:
    found = asked(taught([*both(12, 0.54), *own()]), pending(), pending(cluster="west"))
    group = "alice's train-* in gpu, training, time limit 16 h to 32 h"
    assert found.label == [group, f"{group}, 30 on a100, x0.55 on h100 by 12 series"]
    assert found.samples.tolist() == [30, 30]


def test_a_configured_speed_needs_no_series() -> None:
    history = taught(own(), Speeds(model(a100=1, h100=4)))
    assert hours(history, cluster="west") == pytest.approx(2.1, abs=0.2)
    assert hours(history, cluster="east") == pytest.approx(8.1, abs=0.3)


def test_a_job_without_a_gpu_is_never_scaled() -> None:
    cpu = own(gpus=0, gpu_type="")
    history = taught([*both(), *cpu])
    assert hours(history, cluster="west", gpus=0) == hours(history, cluster="east", gpus=0)


def test_a_run_of_which_the_type_is_not_known_is_taken_as_it_is() -> None:
    history = taught([*both(), *own(kind="")])
    assert hours(history, cluster="west") == pytest.approx(8.1, abs=0.4)


def test_runs_that_did_not_do_their_work_say_nothing_of_speed() -> None:
    for state in ("FAILED", "CANCELLED", "TIMEOUT"):
        ends = [ran(8 * HOUR, "a100", NOON + at) for at in range(30)]
        failed = [
            ran(60, "h100", NOON + 1000 * number + at, user=f"user{number}", state=state)
            for number in range(20)
            for at in range(LEAST_RUNS)
        ]
        history = taught([*both(0), *ends, *failed, *both(20, 1.0)])
        assert hours(history, cluster="west") == hours(history, cluster="east")


def test_what_was_asked_before_there_was_evidence_is_told_anew() -> None:
    history = taught(own())
    before = asked(history, pending(cluster="west"))
    for end in both():
        history.learn(end, CONTRACT)
    after = asked(history, pending(cluster="west"))
    assert after.alive[0].sum() < 0.7 * before.alive[0].sum()
    assert asked(history, pending(cluster="west")).alive is after.alive


def test_other_machines_in_a_partition_are_told_anew() -> None:
    speeds = Speeds(model(a100=1, h100=2, l4=0.5))
    history = taught(own(), speeds)
    assert hours(history, cluster="west") == pytest.approx(4.1, abs=0.2)
    nodes = (Node("west1", 64, 500_000, 8, "l4"),)
    part = (Partition("gpu", frozenset({"west1"}), 8),)
    speeds.types.see(make_queue(cluster="west", nodes=nodes, partitions=part))
    assert hours(history, cluster="west") == pytest.approx(16.2, abs=0.6)


PIECES = make_contract(workload_class=TRAINING, interruptible=True)


def pieces(number: int) -> list[JobEnd]:
    """A job of six hours that was stopped overnight."""
    at, key = NOON + 600_000 + 90_000 * number, make_key(900 + number)
    values: dict[str, Any] = {"name": "train-1", "gpu_type": "h100", "time_limit": 24 * HOUR}
    return [
        make_end(key, start=at, end=at + 4 * HOUR, state="REQUEUED", **values),
        make_end(key, start=at + 12 * HOUR, end=at + 14 * HOUR, **values),
    ]


def test_a_stopped_job_counts_once_and_whole_in_whatever_order_its_pieces_are_recalled() -> None:
    found = []
    for step in (1, -1):
        history = taught(both())
        for number in range(40):
            for end in pieces(number)[::step]:
                history.learn(end, PIECES)
        found.append(asked(history, pending(cluster="west"), pending()))
    assert np.array_equal(found[0].alive, found[1].alive)
    assert found[0].samples.tolist() == [40, 40]
    assert found[1].label == found[0].label
    assert found[1].alive[0].sum() * SLOT / HOUR == pytest.approx(6.1, abs=0.2)


# Laws.

RUNS = st.lists(
    st.tuples(
        st.integers(60, 30 * HOUR),
        st.sampled_from(["alice", "bob"]),
        st.sampled_from(["COMPLETED", "FAILED", "TIMEOUT", "NODE_FAIL"]),
        st.sampled_from(["a100", "h100", "l4", ""]),
        st.sampled_from([0, 8]),
    ),
    min_size=20,
    max_size=60,
)
Runs = list[tuple[int, str, str, str, int]]
JOBS = [pending(cluster=cluster, gpus=gpus) for cluster in ("east", "west") for gpus in (0, 8)]
SPEED = st.floats(0.1, 10)


def ends_of(runs: Runs) -> list[JobEnd]:
    return [
        ran(run, kind, NOON + at, user=user, state=state, gpus=gpus)
        for at, (run, user, state, kind, gpus) in enumerate(runs)
    ]


def unaware(ends: Sequence[JobEnd]) -> History:
    """A history that nobody told of GPU types."""
    history = History()
    for end in ends:
        history.learn(end, CONTRACT)
    return history


@settings(deadline=None, max_examples=40)
@given(RUNS)
def test_with_no_evidence_nothing_changes(runs: Runs) -> None:
    found, before = asked(taught(ends_of(runs)), *JOBS), asked(unaware(ends_of(runs)), *JOBS)
    assert found.alive[found.row].tobytes() == before.alive[before.row].tobytes()
    assert [found.label[row] for row in found.row] == [before.label[row] for row in before.row]


@given(st.lists(st.integers(1, 100 * HOUR), min_size=1, max_size=20), SPEED)
def test_there_and_back_is_the_same_up_to_a_slot(runs: list[int], factor: float) -> None:
    seconds, kinds = np.array(runs), np.ones(len(runs), dtype=np.int64)
    there = scaled(seconds, kinds, (1.0, factor))
    back = scaled(there, kinds, (1.0, 1 / factor))
    assert np.all(np.abs(back - seconds) <= SLOT)


@settings(deadline=None, max_examples=40)
@given(RUNS, SPEED, SPEED)
def test_a_faster_type_never_has_longer_runs(runs: Runs, one: float, other: float) -> None:
    ends = [end for end in ends_of(runs) if end.state in {"COMPLETED", "FAILED"}]
    slow, fast = sorted((one, other))
    lasting = [
        hours(taught(ends, Speeds(model(a100=1, l4=1, h100=speed))), cluster="west")
        for speed in (slow, fast)
    ]
    assert lasting[1] <= lasting[0] + 1e-9


@settings(deadline=None, max_examples=40)
@given(RUNS, SPEED, st.sampled_from([1800, HOUR + 1, 20 * HOUR]))
def test_however_slow_a_type_is_no_run_outlasts_its_limit(
    runs: Runs, speed: float, limit: int
) -> None:
    history = taught(ends_of(runs), Speeds(model(a100=1, l4=3, h100=speed)))
    found = asked(history, pending(cluster="west", time_limit=limit)).alive
    assert not found[:, -(-limit // SLOT) :].any()
    assert np.all(found[:, 0] == 1)
    assert np.all(np.diff(found, axis=1) <= 0)


@settings(deadline=None, max_examples=20)
@given(RUNS, st.randoms())
def test_the_order_of_learning_is_of_no_account(runs: Runs, random: Any) -> None:
    ends = [*ends_of(runs), *both()]
    one = asked(taught(ends), *JOBS)
    other = asked(taught(random.sample(ends, len(ends))), *JOBS)
    assert np.array_equal(one.alive[one.row], other.alive[other.row])
    assert [one.label[row] for row in one.row] == [other.label[row] for row in other.row]
