"""What people read, from values that the daemon's answers have."""

from slurm_energy.cli.context import Screen
from slurm_energy.cli.render_doctor import render_doctor
from slurm_energy.cli.render_release import release_answer, render_release
from slurm_energy.cli.render_status import render_status
from slurm_energy.cli.render_terms import render_terms
from slurm_energy.decide.release import Left
from slurm_energy.model.job import JobKey
from slurm_energy.service.finding import Finding, Verdict
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
        "not entirely: job 8 on west: a person changed its begin time",
        "problem: west: no answer in 20 s",
        "mode is off on this controller; run the same on those of the other clusters",
    ]
    assert release_answer(done)["released"] == [{"cluster": "east", "job": 7}]
    assert not done.complete


def test_a_release_that_finds_nothing_to_do_says_so() -> None:
    assert render_release(Released(), WIDE) == ["nothing of ours was left to take back"]


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


def test_a_finding_shows_its_cure_below() -> None:
    lines = render_doctor([Finding(Verdict.FAIL, "hook", "is missing", "install it")], WIDE)
    assert lines[0].endswith("hook: is missing")
    assert lines[1].strip() == "cure: install it"


FORECAST = {
    "source": "learned",
    "after": "carbon.csv",
    "since": NOON + 3600,
    "rank": 0.785,
    "error": 51.9,
    "days": 5.98,
    "reason": "merit 0.82 in 6 days",
}


def test_run_times_that_were_learned_are_told_with_what_they_rest_on() -> None:
    terms = {
        "run_low": 600,
        "run_median": 1800,
        "run_long": 7200,
        "run_from": "alice's train-*",
        "run_samples": 23,
        "unheard_of": 3,
    }
    assert render_terms(terms, NARROW) == [
        "  run time: 10 % end within 10m, half within 30m, 90 % within 2h; learned from",
        "    alice's train-* (23 ended jobs)",
        "  other: unheard of 3",
    ]
    assert render_terms({}, NARROW) == ["  terms: none recorded"]


def test_what_a_run_time_rests_on_is_broken_between_words_however_long() -> None:
    group = "alice's sbatch in gpu, evaluation, time limit at most 15 min, on eight nodes of the new kind"
    terms = {
        "run_low": 60,
        "run_median": 90,
        "run_long": 120,
        "run_from": group,
        "run_samples": 9,
    }
    lines = render_terms(terms, NARROW)
    assert all(len(line) <= 80 for line in lines)
    assert group in " ".join(line.strip() for line in lines)


def test_status_tells_power_its_event_and_the_forecasts_in_use() -> None:
    cluster = {
        "cluster": "east",
        "read": True,
        "pending": 1,
        "managed": 1,
        "deferred": 1,
        "gpus_idle": 32,
        "gpus_total": 32,
        "carbon": 253.0,
        "price": None,
        "watts": 2690.0,
        "power_limit": 20_000.0,
        "grid_event": "TSO demand response",
        "grid_event_from": "webhook",
        "grid_event_watts": 20_000.0,
        "grid_event_end": NOON + 7200,
        "forecasts": {"carbon": FORECAST},
    }
    answer = {
        "version": "1",
        "mode": "live",
        "released": None,
        "turn": None,
        "clusters": [cluster],
        "problems": [],
        "failures": 0,
        "backlog": 0,
    }
    power, forecast = render_status(answer, WIDE)[-2:]
    assert power.startswith(
        "east: draws about 2.69 kW, limit 20 kW; grid event from the webhook until "
    )
    assert power.endswith(": TSO demand response")
    assert forecast.startswith("east: carbon from carbon.csv + learned forecast from ")
    assert forecast.endswith(" on, rank 0.785")


def test_costs_and_pue_are_told_in_groups_of_their_own() -> None:
    terms = {
        "pue_at_once": 1.42,
        "pue_at_start": 1.12,
        "cost_run": 7200,
        "energy_cost_at_once": 0.64,
        "compute_cost_at_once": 17.6,
        "total_cost_at_once": 18.24,
    }
    assert render_terms(terms, WIDE) == [
        "  PUE, which carbon and prices have in them: at once 1.42, at the chosen start 1.12",
        "  cost at once: energy 0.64, machines 17.6, together 18.2, for a run of 2h",
    ]
