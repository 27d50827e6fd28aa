"""What is answered to whom."""

import json
import pwd
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from slurm_energy.cli.context import Screen
from slurm_energy.cli.render_explain import render_explain
from slurm_energy.cli.render_queue import render_queue
from slurm_energy.model.decision import Action, Reason
from slurm_energy.model.job import JobKey, JobState
from slurm_energy.service.board import Board
from slurm_energy.service.questions import Desk
from slurm_energy.turn import Turn
from tests.builders import CLEAN_AT, HOUR, MINUTE, NOON, make_contract, make_queue, some
from tests.service.parts import House

ROOT = 0
NOBODY = 65534
NOBODYS_NAME = pwd.getpwuid(NOBODY).pw_name


class Office:
    """A desk over a house in which alice and nobody have a job each, both deferred."""

    def __init__(self, directory: Path) -> None:
        self.house = House(directory)
        town = self.house.town
        self.alices = town.submit(make_contract(), user="alice", name="eval")
        self.nobodys = town.submit(make_contract(), user=NOBODYS_NAME, name="train")
        self.untagged = town.east.submit(user="alice", name="plain")
        self.application = self.house.application()
        self.board = Board(started=NOON)
        self.desk = Desk(self.application, self.board, town.clock)

    def turn(self) -> None:
        self.board.completed(self.application.cycle.turn())

    def last(self) -> Turn:
        """The turn on the board."""
        return some(self.board.turn)

    def ask(self, question: str, uid: int = ROOT, **more: Any) -> dict[str, Any]:
        return self.raw(json.dumps({"ask": question, **more}).encode(), uid)

    def raw(self, line: bytes, uid: int = ROOT) -> dict[str, Any]:
        answer = self.desk.answer(line, uid)
        assert answer.endswith(b"\n")
        assert answer.count(b"\n") == 1
        found: dict[str, Any] = json.loads(answer)
        return found


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(tmp_path)
    office.turn()
    return office


def test_status_tells_mode_lead_counts_and_clusters(office: Office) -> None:
    found = office.ask("status")
    assert (found["mode"], found["turn"]["leading"], found["restarts"]) == (
        "live",
        True,
        {"east": 2},
    )
    assert (found["turn"]["pending"], found["turn"]["managed"], found["turn"]["deferred"]) == (
        3,
        2,
        2,
    )
    (east,) = found["clusters"]
    assert (east["cluster"], east["read"], east["carbon"], east["price"]) == ("east", True, 400, 90)


def test_status_answers_before_the_first_turn_and_the_others_say_why_not(tmp_path: Path) -> None:
    office = Office(tmp_path)
    assert office.ask("status")["turn"] is None
    assert office.ask("queue")["kind"] == "unavailable"
    assert office.ask("signals")["kind"] == "unavailable"


def test_a_cluster_that_was_not_read_is_shown_so(office: Office) -> None:
    with office.house.town.east.silent():
        office.turn()
    found = office.ask("status")
    assert found["clusters"][0]["read"] is False
    assert found["clusters"][0]["pending"] is None
    assert any("no answer" in problem for problem in found["problems"])


def test_the_queue_shows_each_job_with_its_decision(office: Office) -> None:
    jobs = {job["job"]: job for job in office.ask("queue")["jobs"]}
    eval_job = jobs[office.alices]
    assert eval_job["class"] == "evaluation"
    assert eval_job["decision"] == "defer"
    assert CLEAN_AT <= eval_job["begin"] < CLEAN_AT + 15 * MINUTE
    assert eval_job["slack"] == eval_job["latest_start"] - NOON
    assert eval_job["carbon"] == 400
    plain = jobs[office.untagged]
    assert (plain["class"], plain["decision"]) == (None, None)
    assert "not ours" in plain["reason"]


def test_an_array_is_shown_with_its_tasks_as_squeue_does(office: Office) -> None:
    array = replace(office.house.town.east.job(office.untagged), array="104_[4-9%2]")
    office.last().queues["east"] = make_queue([array])
    answer = office.ask("queue")
    assert answer["jobs"][0]["array"] == "104_[4-9%2]"
    title, row = render_queue(answer, Screen(NOON, 110))
    assert title.split()[0] == "JOBID"
    assert row.split()[0] == "104_[4-9%2]"


def test_a_federated_job_is_shown_once_at_its_origin(office: Office) -> None:
    job = office.house.town.east.job(office.alices)
    sibling = replace(job, origin="west")
    office.last().queues["east"] = make_queue([sibling])

    def shown() -> list[str]:
        return [job["cluster"] for job in office.ask("queue")["jobs"]]

    assert shown() == ["east"], "the origin was not read"
    office.last().queues["west"] = make_queue([replace(sibling, cluster="west")])
    assert shown() == ["west"]
    running = replace(sibling, state=JobState.RUNNING)
    revoked = replace(sibling, cluster="west", state=JobState.OTHER)
    office.last().queues = {"east": make_queue([running]), "west": make_queue([revoked])}
    assert shown() == ["east"]


def test_a_running_job_keeps_its_class_and_has_no_decision(office: Office) -> None:
    office.house.town.east.start(office.alices)
    office.turn()
    (job,) = [job for job in office.ask("queue")["jobs"] if job["job"] == office.alices]
    assert (job["state"], job["class"], job["decision"]) == ("RUNNING", "evaluation", None)


def test_a_user_sees_his_own_jobs_and_the_prices(office: Office) -> None:
    found = office.ask("queue", NOBODY)
    assert [job["job"] for job in found["jobs"]] == [office.nobodys]
    assert found["sees_all"] is False
    assert office.ask("signals", NOBODY) == office.ask("signals", ROOT)
    assert office.ask("explain", NOBODY, job=office.nobodys)["found"][0]["decision"] == "defer"


def test_a_strangers_job_and_no_job_look_the_same(office: Office) -> None:
    strangers = office.ask("explain", NOBODY, job=office.alices)
    untagged = office.ask("explain", NOBODY, job=office.untagged)
    nothing = office.ask("explain", NOBODY, job=99999)
    assert strangers["kind"] == untagged["kind"] == nothing["kind"] == "denied"
    texts = {
        found["error"].replace(str(job), "N")
        for found, job in (
            (strangers, office.alices),
            (untagged, office.untagged),
            (nothing, 99999),
        )
    }
    assert len(texts) == 1


def test_a_uid_without_a_name_sees_no_jobs(office: Office) -> None:
    assert office.ask("queue", 2**31 - 7)["jobs"] == []


def test_signals_tell_value_age_and_what_comes(office: Office) -> None:
    (east,) = office.ask("signals")["clusters"]
    assert (east["carbon"]["value"], east["carbon"]["unit"]) == (400, "gCO2eq/kWh")
    assert east["carbon"]["next"][0] == [NOON + HOUR, 400]
    assert east["effective"]["evaluation"] > 0


def test_explain_gives_the_plans_own_terms_and_the_history(office: Office) -> None:
    (found,) = office.ask("explain", job=office.alices)["found"]
    plan = office.last().plans["east"]
    row = next(r for r, s in enumerate(plan.subjects) if s.job.job_id == office.alices)
    assert found["current"] is True
    assert found["terms"] == dict(plan.decision(row, office.last().number).terms)
    assert [one["decision"] for one in found["history"]] == ["defer"]


def test_explain_of_a_job_that_left_gives_the_last_recorded_and_its_time(office: Office) -> None:
    office.house.town.later(60)
    office.house.town.east.start(office.alices)
    office.house.town.east.finish(office.alices)
    office.turn()
    (found,) = office.ask("explain", job=office.alices)["found"]
    assert (found["current"], found["at"], found["decision"]) == (False, NOON, "defer")
    assert found["terms"]["class"] == "evaluation"


def key_of(office: Office, job_id: int) -> JobKey:
    subjects = office.last().plans["east"].subjects
    return next(one.key for one in subjects if one.job.job_id == job_id)


def test_after_a_release_explain_of_the_running_job_opens_with_it_and_who(office: Office) -> None:
    key = key_of(office, office.nobodys)
    assert office.ask("released", NOBODY, jobs=[list(key)]) == {"noted": 1}
    office.house.town.east.start(office.nobodys)
    office.house.town.later(60)
    office.turn()
    (found,) = office.ask("explain", NOBODY, job=office.nobodys)["found"]
    assert (found["user"], found["name"], found["current"]) == (NOBODYS_NAME, "train", False)
    assert found["decision"] == "run"
    assert found["reason"] == "given back to Slurm with slurm-energy release"
    assert found["terms"] == {"released_by": NOBODYS_NAME}
    assert [one["by"] for one in found["history"]] == [NOBODYS_NAME, None]


def test_a_released_job_that_still_waits_opens_with_the_release_too(office: Office) -> None:
    key = key_of(office, office.nobodys)
    # To the daemon a release is a begin time of somebody else's.
    office.house.town.east.set_begin(office.nobodys, NOON + 5 * HOUR)
    office.house.town.later(30)
    assert office.ask("released", NOBODY, jobs=[list(key)]) == {"noted": 1}
    released_at = office.house.town.clock.now()
    for _ in range(2):
        office.house.town.later(60)
        office.turn()
    plan = office.last().plans["east"]
    row = next(r for r, s in enumerate(plan.subjects) if s.key == key)
    assert plan.reasons[row] is Reason.THEIRS
    (found,) = office.ask("explain", NOBODY, job=office.nobodys)["found"]
    assert found["reason"] == "given back to Slurm with slurm-energy release"
    assert (found["terms"], found["at"]) == ({"released_by": NOBODYS_NAME}, released_at)
    said = render_explain({"job": office.nobodys, "found": [found]}, Screen(NOON, 200))
    assert f"released by {NOBODYS_NAME} at " in said[0]


def test_a_job_that_a_person_changed_without_a_release_is_told_so(office: Office) -> None:
    office.house.town.east.set_begin(office.alices, NOON + 5 * HOUR)
    office.house.town.later(60)
    office.turn()
    (found,) = office.ask("explain", job=office.alices)["found"]
    assert found["reason"] == Reason.THEIRS.value
    assert "class" in found["terms"]


def test_a_past_job_is_told_by_its_origin_alone(office: Office) -> None:
    ledger, key = office.house.ledger, key_of(office, office.alices)
    west = replace(
        ledger.decisions[0].decision,
        key=JobKey("west", key.job_id, key.submit),
        action=Action.LEAVE,
        reason=Reason.NOT_ORIGIN,
    )
    ledger.note(NOON + 1, [west])
    office.house.town.east.vanish(office.alices)
    office.turn()
    (found,) = office.ask("explain", job=office.alices)["found"]
    assert found["cluster"] == "east"


def test_who_may_not_change_a_job_leaves_no_note_on_it(office: Office) -> None:
    key = key_of(office, office.alices)
    assert office.ask("released", NOBODY, jobs=[list(key)]) == {"noted": 0}
    assert office.ask("released", ROOT, jobs=[list(key)]) == {"noted": 1}
    assert office.ask("released", ROOT, jobs=[["east", 99999, NOON]]) == {"noted": 0}
    for wrong in ("7", [7], [["east", "x", 1]], 7):
        assert "jobs=" in office.ask("released", jobs=wrong)["error"]


def test_a_past_job_is_shown_to_its_own_user_only(office: Office) -> None:
    key = next(
        subject.key
        for subject in office.last().plans["east"].subjects
        if subject.job.job_id == office.nobodys
    )
    office.house.town.east.vanish(office.nobodys)
    office.turn()
    assert office.ask("explain", NOBODY, job=office.nobodys)["kind"] == "denied"
    office.house.ledger.users[key] = NOBODYS_NAME
    assert office.ask("explain", NOBODY, job=office.nobodys)["found"][0]["user"] == NOBODYS_NAME


def test_explain_without_the_database_keeps_the_terms_and_says_what_is_missing(
    office: Office,
) -> None:
    office.house.ledger.away = True
    (found,) = office.ask("explain", job=office.alices)["found"]
    assert found["history"] is None
    assert "away" in found["history_problem"]
    assert found["terms"]
    assert office.ask("explain", job=99999)["kind"] == "failed"


def test_explain_of_an_untagged_job_says_that_it_is_not_ours(office: Office) -> None:
    (found,) = office.ask("explain", job=office.untagged)["found"]
    assert "decision" not in found


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"", "one line of JSON"),
        (b"{", "one line of JSON"),
        (b"[]", "one line of JSON"),
        (b"\xff\xfe", "one line of JSON"),
        (b"[" * 4000, "one line of JSON"),
        (b"{}", "allowed: status, queue, explain, released, signals"),
        (b'{"ask": ["status"]}', "allowed: status"),
        (b'{"ask": "drop"}', "ask='drop' is no question"),
        (b'{"ask": "explain"}', "job=None is no job id"),
        (b'{"ask": "explain", "job": "1; rm"}', "is no job id"),
        (b'{"ask": "explain", "job": true}', "is no job id"),
        (b'{"ask": "explain", "job": -1}', "is no job id"),
        (b'{"ask": "explain", "job": 99999999999}', "is no job id"),
    ],
)
def test_a_malformed_request_gets_one_line(office: Office, line: bytes, told: str) -> None:
    found = office.raw(line)
    assert found["kind"] == "input"
    assert told in found["error"]


def test_a_job_nobody_knows_is_the_askers_mistake(office: Office) -> None:
    found = office.ask("explain", job=99999)
    assert found == {
        "error": "job 99999 is neither in the queue nor in the ledger; see squeue for ids",
        "kind": "input",
    }
