"""``explain 98_4``: which record stands for one task of an array, and its place in it."""

from pathlib import Path
from typing import Any

import pytest

from slurm_energy.cli.context import Screen
from slurm_energy.cli.render_explain import render_explain
from slurm_energy.cli.render_task import array
from slurm_energy.model.job import JobState
from slurm_energy.service.tasks import Asked, task_told, waiting
from tests.builders import NOON, make_contract, make_job
from tests.service.test_questions import Office


@pytest.mark.parametrize(
    ("name", "tasks"),
    [
        ("98_[4-9%2]", [4, 5, 6, 7, 8, 9]),
        ("98_[1,3,7-8]", [1, 3, 7, 8]),
        ("98_[0-20:10]", [0, 10, 20]),
        ("98_[1,3,71...]", [1, 3]),
        ("98_4", []),
        ("", []),
    ],
)
def test_tasks_are_read_as_slurm_lists_them(name: str, tasks: list[int]) -> None:
    assert list(waiting(make_job(98, array=name))) == tasks


def test_a_task_has_its_place_in_the_order_in_which_slurm_starts_them() -> None:
    record = make_job(98, array="98_[4-9%2]", array_task_count=6)
    assert Asked(98, 6).is_in(record)
    assert not Asked(98, 3).is_in(record)
    assert not Asked(98).is_in(record)
    assert task_told(Asked(98, 6), record) == {
        "number": 6,
        "state": "PENDING",
        "job": 98,
        "place": 3,
        "waiting": 6,
    }


class ArrayOffice(Office):
    """Alice's array of six tasks waits; task 3 of it runs as a job of its own."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        town = self.house.town
        self.array = town.submit(make_contract(deadline=NOON + 86400), tasks=6)
        self.running = town.east.submit(user="alice")
        town.east.change(self.array, array=f"{self.array}_[4-9%2]", array_most=2)
        town.east.change(self.running, array=f"{self.array}_3", state=JobState.RUNNING)


@pytest.fixture
def office(tmp_path: Path) -> ArrayOffice:
    office = ArrayOffice(tmp_path)
    office.turn()
    return office


def explained(office: ArrayOffice, task: int) -> dict[str, Any]:
    return office.ask("explain", job=office.array, task=task)


def text(answer: dict[str, Any]) -> str:
    return " ".join(" ".join(render_explain(answer, Screen(NOON, 80))).split())


def test_of_a_task_that_waits_the_arrays_decision_and_its_place_are_told(
    office: ArrayOffice,
) -> None:
    answer = explained(office, 6)
    assert answer["task"]["place"] == 3
    (found,) = answer["found"]
    assert (found["terms"]["tasks"], found["terms"]["tasks_at_once"]) == (6, 2)
    said = text(answer)
    assert f"task {answer['job']}_6: number 3 of the 6 that wait" in said
    assert "array: 6 tasks wait, 2 at once in 3 rounds" in said
    assert "leaves time for 3 runs of 1h one after the other, so that the last task" in said


def test_of_a_task_that_runs_its_own_job_is_named_beside_what_was_decided(
    office: ArrayOffice,
) -> None:
    answer = explained(office, 3)
    assert answer["task"]["job"] == office.running
    assert answer["found"][0]["terms"]["tasks"] == 6
    assert f"_3: running, as job {answer['task']['job']} of its own" in text(answer)


def test_of_a_task_that_no_record_shows_the_whole_is_told_with_a_word(office: ArrayOffice) -> None:
    assert explained(office, 77)["task"]["state"] is None
    assert "no record shows it" in text(explained(office, 77))


def test_a_whole_array_is_told_without_a_task(office: ArrayOffice) -> None:
    answer = office.ask("explain", job=office.array)
    assert "task" not in answer
    assert "that wait, in the order" not in text(answer)


@pytest.mark.parametrize("wrong", ["4", -1, True, 2**32])
def test_a_task_is_a_whole_number(office: ArrayOffice, wrong: object) -> None:
    said = office.ask("explain", job=office.alices, task=wrong)
    assert (said["kind"], "is no array task" in said["error"]) == ("input", True)


def test_a_strangers_task_looks_like_no_task(office: ArrayOffice) -> None:
    strangers = office.ask("explain", 65534, job=office.array, task=6)
    assert strangers["kind"] == "denied"


def test_without_a_deadline_the_latest_start_is_the_first_tasks() -> None:
    terms = {"tasks": 4, "tasks_at_once": 4, "deadline": None, "time_limit": 60}
    (line,) = array(terms, Screen(NOON, None))
    assert "all at once; its latest start is that of the first" in line
    assert array({}, Screen(NOON, None)) == []
