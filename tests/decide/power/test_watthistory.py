"""Mean watts by the groups of run times; nothing is learned from what tells nothing."""

from typing import Any

import pytest

from slurm_energy.decide.power import watthistory
from slurm_energy.decide.power.watthistory import NEWEST, WattHistory
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.decision import JobEnd
from slurm_energy.model.job import JobKey
from tests.builders import HOUR, NOON, make_contract, make_job, some
from tests.ledger.builders import make_end

EVALUATION, UNMANAGED = WorkloadClass.EVALUATION, WorkloadClass.UNMANAGED


def drew(watts: float | None, number: int = 1, **changes: Any) -> JobEnd:
    """An hour on eight GPUs at so many W each."""
    energy = None if watts is None else round(8 * watts * HOUR)
    return make_end(JobKey("east", number, NOON), **({"energy": energy, "cpus": 16} | changes))


def taught(*ends: JobEnd) -> WattHistory:
    history = WattHistory()
    for end in ends:
        history.learn(end)
    return history


def test_the_median_of_those_most_like_it_speaks() -> None:
    mine = [drew(watts) for watts in (350, 360, 900)]
    others = [drew(200, user="bob", name="other") for _ in range(5)]
    found = some(taught(*mine, *others).of(make_job(time_limit=2 * HOUR), UNMANAGED))
    assert (found.watts_per_gpu, found.cpus_per_gpu, found.runs) == (360, 2, 3)
    assert found.group.startswith("alice's eval in gpu")


def test_too_few_of_its_own_and_the_broader_group_speaks() -> None:
    history = taught(drew(900), *(drew(200, user="bob", account="x", name="y") for _ in range(4)))
    found = some(history.of(make_job(time_limit=2 * HOUR), UNMANAGED))
    assert (found.watts_per_gpu, found.runs) == (200, 5)
    assert "gpu" in found.group


def test_a_class_is_a_trait() -> None:
    history = WattHistory()
    for _ in range(3):
        history.learn(drew(350), make_contract())
    found = some(history.of(make_job(time_limit=2 * HOUR), EVALUATION))
    assert EVALUATION.value in found.group


def test_each_cluster_has_its_own() -> None:
    history = taught(*(drew(350, ran_on="west") for _ in range(3)))
    assert history.of(make_job(), UNMANAGED) is None
    assert history.of(make_job(cluster="west"), UNMANAGED) is not None


@pytest.mark.parametrize(
    "changes",
    [{"energy": None}, {"energy": 0}, {"gpus": 0}, {"start": None}, {"end": NOON + 660}],
)
def test_nothing_is_learned_from(changes: dict[str, Any]) -> None:
    history = taught(*(drew(350, **changes) for _ in range(5)))
    assert history.of(make_job(), UNMANAGED) is None


def test_two_runs_are_too_few_and_the_newest_of_many_count() -> None:
    assert taught(drew(350), drew(350)).of(make_job(), UNMANAGED) is None
    history = taught(*(drew(350) for _ in range(NEWEST)), *(drew(500) for _ in range(NEWEST)))
    assert some(history.of(make_job(), UNMANAGED)).watts_per_gpu == 500


def test_news_are_known_at_once() -> None:
    history = taught(drew(350), drew(350))
    assert history.of(make_job(), UNMANAGED) is None
    history.learn(drew(350))
    assert some(history.of(make_job(), UNMANAGED)).watts_per_gpu == 350


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watthistory, "MOST_GROUPS", 40)
    history = taught(*(drew(300, user=f"user{n // 3}", name=f"n{n // 3}") for n in range(90)))
    assert len(history._runs) <= 40
    first = some(history.of(make_job(user="user0", name="n0"), UNMANAGED))
    assert "user0" not in first.group
    last = some(history.of(make_job(user="user29", name="n29"), UNMANAGED))
    assert last.watts_per_gpu == 300


def test_what_all_jobs_draw_is_never_forgotten_for_who_came_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watthistory, "MOST_GROUPS", 40)
    history = taught(*(drew(300, user=f"user{n}", name=f"n{n}") for n in range(90)))
    stranger = make_job(user="nobody", account="none", name="new", time_limit=2 * HOUR)
    assert some(history.of(stranger, UNMANAGED)).runs == NEWEST


def test_names_that_are_asked_once_take_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watthistory, "MOST_ASKED", 10)
    history = taught(*(drew(350) for _ in range(3)))
    for number in range(100):
        assert history.of(make_job(name=f"run-{number}"), UNMANAGED) is not None
    assert len(history._found) <= 10
