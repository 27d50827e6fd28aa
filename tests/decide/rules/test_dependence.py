"""A dependent's deadline binds the jobs it waits for, along the whole chain."""

import pytest

from slurm_energy.decide.rules.dependence import bring_forward, predecessors
from tests.builders import HOUR, NOON, make_job


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", ()),
        ("afterok:12(unfulfilled)", (12,)),
        ("afterok:12(unfulfilled):13(failed),afterany:14", (12, 13, 14)),
        ("afterok:12_*(unfulfilled)", (12,)),
        ("after:12+5(unfulfilled)", (12,)),
        ("afterok:12(unfulfilled)?afterany:9(unfulfilled)", (12, 9)),
        ("singleton(unfulfilled)", ()),
    ],
)
def test_ids_are_read_out_of_what_slurm_prints(text: str, ids: tuple[int, ...]) -> None:
    assert predecessors(text) == ids


def test_a_predecessor_ends_by_its_dependents_latest_start() -> None:
    jobs = [make_job(1), make_job(2, dependency="afterok:1(unfulfilled)")]
    latest = {1: NOON + 20 * HOUR, 2: NOON + 9 * HOUR}
    assert bring_forward(jobs, latest, {1: HOUR, 2: HOUR}) == {1: NOON + 8 * HOUR}


def test_a_chain_passes_the_deadline_on() -> None:
    jobs = [
        make_job(1),
        make_job(2, dependency="afterok:1(unfulfilled)"),
        make_job(3, dependency="afterok:2(unfulfilled)"),
    ]
    latest = {1: NOON + 20 * HOUR, 2: NOON + 20 * HOUR, 3: NOON + 9 * HOUR}
    moved = bring_forward(jobs, latest, {1: HOUR, 2: 2 * HOUR, 3: HOUR})
    assert moved == {2: NOON + 7 * HOUR, 1: NOON + 6 * HOUR}


def test_a_long_chain_is_walked_once_or_twice_not_once_a_link() -> None:
    class Counted(dict[int, int]):
        asked = 0

        def get(self, key: int, default: int | None = None) -> int | None:  # type: ignore[override]
            self.asked += 1
            return super().get(key, default)

    links = 300
    jobs = [make_job(n, dependency=f"afterok:{n - 1}(unfulfilled)") for n in range(2, links + 1)]
    latest = dict.fromkeys(range(1, links + 1), NOON + 9 * HOUR)
    run = Counted(dict.fromkeys(latest, HOUR))
    assert len(bring_forward(jobs, latest, run)) == links - 1
    assert run.asked <= 2 * links


def test_a_dependent_with_time_enough_moves_nobody() -> None:
    jobs = [make_job(1), make_job(2, dependency="afterok:1(unfulfilled)")]
    assert bring_forward(jobs, {1: NOON, 2: NOON + 9 * HOUR}, {1: HOUR, 2: HOUR}) == {}


def test_a_predecessor_that_nothing_bounds_is_never_put_off_anyway() -> None:
    jobs = [make_job(1), make_job(2, dependency="afterok:1(unfulfilled)")]
    assert bring_forward(jobs, {1: None, 2: NOON + 9 * HOUR}, {1: HOUR, 2: HOUR}) == {}
