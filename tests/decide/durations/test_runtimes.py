"""Run times learned from ended jobs, as the planner and explain see them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from slurm_energy.decide.durations.groups import Bounds
from slurm_energy.decide.durations.runtimes import History
from slurm_energy.decide.durations.shapes import RunTimes, Shapes
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.decision import JobEnd
from slurm_energy.model.job import Job
from tests.builders import HOUR, MINUTE, NOON, make_contract, make_job
from tests.ledger.builders import make_end, make_key

SLOT, SLOTS = 900, 192
EVALUATION = WorkloadClass.EVALUATION
CONTRACT = make_contract()


def ran(run: int, at: int = NOON, **changes: Any) -> JobEnd:
    """A completed run of so many seconds."""
    values: dict[str, Any] = {"start": at, "end": at + run, "time_limit": 24 * HOUR}
    return make_end(make_key(at), **(values | changes))


def taught(*ends: JobEnd, **bounds: int) -> History:
    history = History(bounds=Bounds(**bounds))
    for end in ends:
        history.learn(end, CONTRACT)
    return history


def strangers(count: int = 40, run: int = 6 * HOUR) -> list[JobEnd]:
    """Runs of other users."""
    return [
        ran(run, NOON - HOUR * number, user=f"user{number}", account="theirs", name="other")
        for number in range(count)
    ]


def shape_of(history: RunTimes, job: Job) -> Shapes:
    return history.shapes([job], [EVALUATION], SLOT, SLOTS)


def alive(history: RunTimes, job: Job) -> list[float]:
    found: list[float] = shape_of(history, job).alive[0].tolist()
    return found


def test_with_no_history_a_run_lasts_until_its_limit() -> None:
    found = shape_of(History(), make_job(time_limit=HOUR))
    assert found.alive[0, :6].tolist() == [1, 1, 1, 1, 0, 0]
    assert (found.label, found.samples.tolist()) == (["the time limit"], [0])


def test_with_no_history_and_no_limit_it_lasts_as_long_as_is_typical() -> None:
    found = shape_of(History(typical_run=2 * HOUR), make_job(time_limit=None))
    assert found.alive[0].sum() == 8


def test_a_users_repeated_job_is_predicted_from_its_own_runs() -> None:
    own = [ran(2 * HOUR, NOON + HOUR * number, name=f"train-{number}") for number in range(20)]
    history = taught(*strangers(), *own)
    found = shape_of(history, make_job(name="train-77", time_limit=24 * HOUR))
    assert found.label == ["alice's train-* in gpu, evaluation, time limit 16 h to 32 h"]
    assert found.samples.tolist() == [20]
    assert found.alive[0, 4] > 0.95
    assert found.alive[0, 14] < 0.05


def test_with_another_limit_the_same_series_is_still_known() -> None:
    own = [ran(2 * HOUR, NOON + HOUR * number, name=f"train-{number}") for number in range(20)]
    found = shape_of(taught(*strangers(), *own), make_job(name="train-7", time_limit=3 * HOUR))
    assert found.label == ["alice's train-*"]
    assert found.alive[0, 4] > 0.8
    assert found.alive[0, 11] < 0.2
    assert found.alive[0, 12] == 0


def test_an_unknown_user_backs_off_to_his_partition() -> None:
    found = shape_of(
        taught(*strangers()), make_job(user="new", account="new", name="first", time_limit=None)
    )
    assert (found.label, found.samples.tolist()) == (["partition gpu"], [40])
    assert found.alive[0, 20] > 0.8
    assert found.alive[0, 34] < 0.1


def test_a_first_run_already_moves_the_prediction_and_more_of_them_move_it_further() -> None:
    job = make_job(name="train-9", time_limit=24 * HOUR)
    chances = []
    for count in (0, 1, 4, 16):
        own = [ran(HOUR, NOON + HOUR * number, name="train-1") for number in range(count)]
        chances.append(alive(taught(*strangers(), *own), job)[8])
    assert chances == sorted(chances, reverse=True)
    assert chances[0] > 0.85
    assert chances[-1] < 0.05


def test_after_time_outs_a_run_with_a_longer_limit_lasts_longer_than_they_did() -> None:
    outs = [
        ran(2 * HOUR, NOON + number, state="TIMEOUT", time_limit=2 * HOUR) for number in range(30)
    ]
    found = alive(taught(*outs), make_job(time_limit=4 * HOUR))
    assert found[8] > 0.95
    assert found[15] > 0.3
    assert found[16] == 0


def test_old_runs_of_a_series_are_forgotten() -> None:
    old = [ran(8 * HOUR, NOON + number) for number in range(30)]
    new = [ran(HOUR, NOON + 48 * HOUR + number) for number in range(30)]
    found = alive(taught(*old, *new, narrow=30), make_job(time_limit=24 * HOUR))
    assert found[12] < 0.1


def test_jobs_that_are_alike_share_a_shape() -> None:
    history = taught(*strangers())
    jobs = [make_job(number, name=f"eval-{number}") for number in range(50)]
    jobs.append(make_job(50, user="bob"))
    found = history.shapes(jobs, [EVALUATION] * 51, SLOT, SLOTS)
    assert found.alive.shape == (2, SLOTS)
    assert found.row.tolist() == [0] * 50 + [1]
    assert len(found.label) == len(found.samples) == 2


def test_no_jobs_have_no_shapes() -> None:
    found = History().shapes([], [], SLOT, SLOTS)
    assert (found.alive.shape, found.row.tolist(), found.label) == ((0, SLOTS), [], [])


def test_nothing_new_costs_nothing() -> None:
    history = taught(*strangers())
    first = shape_of(history, make_job(1))
    assert shape_of(history, make_job(2)).alive is first.alive
    history.learn(ran(HOUR), CONTRACT)
    assert shape_of(history, make_job(2)).alive is not first.alive


def test_another_grid_is_worked_out_anew() -> None:
    history = taught(*strangers())
    shape_of(history, make_job())
    found = history.shapes([make_job()], [EVALUATION], 300, 20)
    assert (found.slot, found.alive.shape) == (300, (1, 20))
    assert found.alive[0, 12] == 0


def test_memory_is_bounded_and_the_newest_groups_stay() -> None:
    series = [
        ran(2 * HOUR, NOON + HOUR * number, name=name, user=name)
        for number in range(200)
        for name in (f"once-{chr(97 + number % 26)}{number // 26}x", "always")
    ]
    history = taught(*series, groups=60)
    found = shape_of(history, make_job(name="always", user="always", time_limit=24 * HOUR))
    assert found.label[0].startswith("always's always")
    assert found.samples[0] >= 60


def test_of_too_many_series_the_names_are_not_told_apart() -> None:
    words = [f"{chr(97 + number % 26)}{chr(97 + number // 26)}" for number in range(100)]
    jobs = [make_job(number, name=word) for number, word in enumerate(words)]
    history = taught(*strangers(), shapes=10)
    for _ in range(3):
        found = history.shapes(jobs, [EVALUATION] * 100, SLOT, SLOTS)
        assert found.alive.shape == (10, SLOTS)


def test_room_taken_by_jobs_that_are_no_more_is_given_to_others() -> None:
    history = taught(*strangers(), shapes=10)
    gone = [make_job(number, name="x" * (number + 1)) for number in range(10)]
    history.shapes(gone, [EVALUATION] * 10, SLOT, SLOTS)
    present = [make_job(1, name="this"), make_job(2, name="that")]
    rows = [
        history.shapes(present, [EVALUATION] * 2, SLOT, SLOTS).row.tolist() for _ in range(1100)
    ]
    assert rows[0] == [0, 0]
    assert rows[-1] == [0, 1]


RUNS = st.lists(
    st.tuples(
        st.integers(1, 30 * HOUR),
        st.sampled_from(["alice", "bob", ""]),
        st.sampled_from(["train-1", "eval", ""]),
        st.sampled_from(["gpu", "long"]),
        st.sampled_from(["COMPLETED", "FAILED", "TIMEOUT", "NODE_FAIL", "CANCELLED"]),
    ),
    max_size=49,
)


def ends_of(runs: Sequence[tuple[int, str, str, str, str]]) -> list[JobEnd]:
    return [
        ran(run, NOON + number, user=user, name=name, partition=partition, state=state)
        for number, (run, user, name, partition, state) in enumerate(runs)
    ]


@settings(deadline=None, max_examples=60)
@given(RUNS, st.sampled_from([None, 30 * MINUTE, HOUR + 1, 20 * HOUR]), st.integers(60, 3600))
def test_every_shape_is_a_survival_curve_that_ends_at_the_limit(
    runs: list[tuple[int, str, str, str, str]], limit: int | None, slot: int
) -> None:
    history = taught(*ends_of(runs))
    jobs = [make_job(time_limit=limit, user=user, name="train-5") for user in ("alice", "new")]
    found = history.shapes(jobs, [EVALUATION] * 2, slot, SLOTS).alive
    assert np.all(found[:, 0] == 1)
    assert np.all(np.diff(found, axis=1) <= 0)
    assert np.all(found >= 0)
    if limit is not None:
        assert not found[:, -(-limit // slot) :].any()


@settings(deadline=None, max_examples=60)
@given(RUNS, st.randoms())
def test_the_order_of_learning_is_of_no_account(
    runs: list[tuple[int, str, str, str, str]], random: Any
) -> None:
    ends = ends_of(runs)
    shuffled = random.sample(ends, len(ends))
    job = make_job(name="train-3", time_limit=24 * HOUR)
    one, other = (shape_of(taught(*some, narrow=8), job) for some in (ends, shuffled))
    assert np.array_equal(one.alive, other.alive)
    assert (one.label, one.samples.tolist()) == (other.label, other.samples.tolist())


@settings(deadline=None, max_examples=30)
@given(RUNS)
def test_asking_meanwhile_changes_nothing(runs: list[tuple[int, str, str, str, str]]) -> None:
    job, curious = make_job(name="train-3", time_limit=24 * HOUR), History()
    for end in ends_of(runs):
        curious.learn(end, CONTRACT)
        shape_of(curious, job)
    assert np.array_equal(shape_of(curious, job).alive, shape_of(taught(*ends_of(runs)), job).alive)
