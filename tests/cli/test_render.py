"""What people read, from values that the daemon's answers have."""

from slurm_energy.cli.context import Screen
from slurm_energy.cli.render_doctor import render_doctor
from slurm_energy.cli.render_release import release_answer, render_release
from slurm_energy.cli.render_status import render_signals, render_status
from slurm_energy.decide.release import Left
from slurm_energy.model.job import JobKey
from slurm_energy.service.doctor import Finding, Verdict
from slurm_energy.service.release import Released
from tests.builders import NOON

WIDE, NARROW = Screen(NOON, 200), Screen(NOON, 80)


def test_a_release_says_what_came_back_what_not_and_what_to_do_elsewhere() -> None:
    done = Released(
        clusters=("east", "west"),
        jobs={JobKey("east", 7, NOON)},
        left=[Left("west", 8, "a person changed its begin time")],
        problems=["west: no answer in 20 s"],
    )
    assert render_release(done, WIDE) == [
        "released 1 job",
        "left as it is: job 8 on west: a person changed its begin time",
        "problem: west: no answer in 20 s",
        "mode is off on this controller; run the same on those of the other clusters",
    ]
    assert release_answer(done)["released"] == [{"cluster": "east", "job": 7}]
    assert not done.complete


def test_status_before_the_first_turn_and_after_a_release() -> None:
    answer: dict[str, object] = {
        "version": "1",
        "mode": "off",
        "released": "a test",
        "turn": None,
        "clusters": [],
        "problems": [],
        "failures": 2,
        "backlog": 3,
    }
    assert render_status(answer, NARROW)[:2] == [
        "slurm-energy 1: mode off, everything released (a test); see resume",
        "no turn completed yet",
    ]
    text = "\n".join(render_status(answer, NARROW))
    assert "2 turns failed" in text
    assert "3 rows wait" in text


def test_a_signal_that_is_missing_is_said_to_be_unknown() -> None:
    cluster = {
        "cluster": "east",
        "carbon": None,
        "price": None,
        "effective": {"training": None},
        "problems": ["east: carbon is stale"],
    }
    text = "\n".join(render_signals({"at": NOON, "clusters": [cluster]}, NARROW))
    assert "unknown: nothing is changed for it" in text
    assert "problem: east: carbon is stale" in text
    assert render_signals({"at": NOON, "clusters": []}, NARROW) == ["no signals configured"]


def test_a_finding_shows_its_cure_below() -> None:
    lines = render_doctor([Finding(Verdict.FAIL, "hook", "is missing", "install it")], WIDE)
    assert lines[0].endswith("hook: is missing")
    assert lines[1].strip() == "cure: install it"
