"""What people read, from values that the daemon's answers have."""

from typing import Any

from slurm_energy.cli.context import Screen
from slurm_energy.cli.render_boost import boost
from slurm_energy.cli.render_doctor import render_doctor
from slurm_energy.cli.render_explain import render_explain
from slurm_energy.cli.render_release import release_answer, render_release
from slurm_energy.cli.render_runtime import run_time
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
    group = "alice's sbatch in gpu, evaluation, time limit at most 15 min, on eight new nodes"
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


OLD = {
    "class": "evaluation",
    "max_delay": 0,
    "delay_per_hour": 0.01,
    "cost_of_waiting": -2.2,
    "age_given_back": 8230,
    "carbon_at_once": 262.0,
    "run_low": 3600,
    "run_median": 3600,
    "run_long": 3600,
    "run_from": "the time limit",
    "run_samples": 0,
}


def test_terms_of_an_older_version_are_told_as_far_as_they_go() -> None:
    assert render_terms(OLD, WIDE) == [
        "  run time: 1h is taken, from the time limit; no job like it has ended yet",
        "  if it starts now, means until its time limit: carbon 262",
        "  contract: class evaluation",
        "  promise: max_delay 0s",
        "  effective price: price of an hour's wait 0.01",
        "  waiting: later against now over the run -2.2",
        "  waiting: age given back 8230",
    ]


def test_the_policys_weights_are_told_with_what_they_multiply() -> None:
    terms = {"weight_carbon": 0.7, "weight_price": 0.3, "sensitivity_factor": 2.0}
    more = {"delay_per_hour": 0.01, "least_gain": 0.1}
    assert render_terms({**terms, **more}, WIDE) == [
        "  effective price: carbon x 0.7, price x 0.3, both by its sensitivity x 2, "
        "price of an hour's wait 0.01, a later start must be better by 0.1"
    ]


BOOST = {
    "urgency": 50,
    "slack": 2100,
    "boost": 300,
    "boost_most": 1200,
    "boost_step": 150,
    "ramp": 14400,
    "ramp_share": 0.854167,
    "weight_urgency": 0.7,
    "weight_waiting": 0.3,
    "waiting_regret": 0.125,
    "age_given_back": 40,
}


def test_a_site_factor_is_told_so_that_it_can_be_added_up_by_hand() -> None:
    total, product = boost(BOOST, WIDE)[0], " ".join(boost(BOOST, Screen(NOON, None))[1:])
    assert total == "  SiteFactor: 300 for urgency and waiting, 40 for age given back"
    assert product == (
        "    300 is 1200 at most x 0.8542 (35m of slack is left of the last 4h) x (0.7 x urgency "
        "50/100 + 0.3 x 0.125 for waiting, together at most 1), down to whole steps of 150"
    )
    assert max(map(len, boost(BOOST, NARROW))) <= 80


def test_why_there_is_no_boost_is_told_by_its_slack() -> None:
    ample = {"boost": 0, "boost_most": 1200, "ramp": 3600, "ramp_share": 0.0, "slack": 7200}
    assert boost(ample, WIDE)[1] == "    0 because it has 2h of slack, and points come below 1h"
    unbounded = boost({**ample, "slack": None}, WIDE)
    assert unbounded[1] == "    0 because nothing bounds its start"
    assert "nothing to give" in boost({"boost_most": 0}, WIDE)[0]
    assert boost({}, WIDE) == []


LEARNED = {
    "run_low": 900,
    "run_median": 2700,
    "run_long": 8100,
    "run_from": "alice's train-*",
    "run_samples": 23,
    "run_deciles": "900 1800 1800 2700 2700 3600 3600 5400 8100 14400",
}


def test_the_distribution_of_run_times_is_drawn_as_wide_as_there_is_room() -> None:
    drawn = list(run_time(LEARNED, WIDE))[-1]
    assert drawn.startswith("    0 |")
    assert drawn.endswith("| 4h, how many end when")
    bar = drawn.split("|")[1]
    assert len(bar) == 40
    # Two tenths end just at 30 min, in the fifth column of six minutes.
    assert bar.index(max(bar)) == 4
    assert bar[-1] == bar[24], "the last tenth is spread evenly"
    for width in (80, 60, 44):
        assert max(map(len, run_time(LEARNED, Screen(NOON, width)))) <= width


def test_a_plain_terminal_gets_plain_characters() -> None:
    "".join(run_time(LEARNED, Screen(NOON, 80, blocks=False))).encode("ascii")


def test_nothing_is_drawn_where_all_end_together_or_nobody_recorded_it() -> None:
    for told in (None, "900 " * 9 + "900"):
        lines = list(run_time({**LEARNED, "run_deciles": told}, WIDE))
        assert len(lines) == 1


def test_what_is_short_is_told_of_each_start_it_makes_dearer() -> None:
    terms = {
        "carbon_now": 320.0,
        "once_time": NOON,
        "carbon_at_once": 262.0,
        "congestion_at_once": 0.3,
        "short_at_once": "40 of 30.4 GPUs",
    }
    lines = render_terms(terms, WIDE)
    assert lines[0] == "  signals now: carbon 320"
    assert lines[-1] == "  wanted of what may be planned: at once 40 of 30.4 GPUs"


def test_power_on_the_other_clusters_is_told_cluster_by_cluster() -> None:
    terms = {"kwh_on_west": 2.5, "watts_on_north": 900, "watts_on_west": 1250}
    assert render_terms(terms, WIDE) == [
        "  power elsewhere: on north about 0.9 kW, on west about 1.25 kW, "
        "over its run on west 2.5 kWh"
    ]


FOUND: dict[str, Any] = {
    "cluster": "east",
    "user": "alice",
    "name": "eval",
    "current": True,
    "at": NOON,
    "cycle": 7,
    "decision": "run",
    "reason": "its class is never deferred",
    "begin": None,
    "site_factor": 0,
    "latest_start": NOON - 3600,
    "terms": {"max_delay": 0},
    "history": [],
    "history_problem": None,
}


def explained(**changes: Any) -> str:
    return " ".join(render_explain({"job": 98, "found": [{**FOUND, **changes}]}, WIDE))


def test_a_latest_start_that_is_past_is_told_for_what_it_means() -> None:
    assert "latest start: at once, it may never be put off" in explained()
    assert ", reached: it may wait no longer" in explained(terms={"max_delay": 60})
    assert "reached" not in explained(terms={"max_delay": 60}, latest_start=NOON + 1)
    assert "latest start: -" in explained(latest_start=None)


def test_a_released_job_opens_with_who_released_it_and_when() -> None:
    terms = {"released_by": "bob"}
    said = explained(terms=terms, reason="given back to Slurm with slurm-energy release")
    assert said.startswith("job 98 on east (alice, eval): released by bob at ")
    assert "Slurm alone decides about it since" in said
    assert "SiteFactor" not in said
