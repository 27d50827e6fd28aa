"""A SiteFactor adds up from the terms that tell its parts."""

from math import floor
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.decide.plan import Plan
from slurm_energy.decide.planner import plan_cluster
from slurm_energy.decide.rules.guard import Subject
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.decision import Decision
from slurm_energy.model.policy import Policy
from tests.builders import (
    DEAR_THEN_CHEAP,
    HOUR,
    NOON,
    make_annotation,
    make_contract,
    make_curve,
    make_job,
    make_queue,
    make_subject,
)
from tests.decide.subjects import SUBJECTS


def planned(subjects: list[Subject], **changes: Any) -> Plan:
    queue = make_queue([one.job for one in subjects], **changes.pop("queue", {}))
    curve = changes.pop("curve", DEAR_THEN_CHEAP)
    given_: dict[str, Any] = {"policy": Policy(), "waits": {}, "now": NOON} | changes
    curves = {name: dict.fromkeys(WorkloadClass, curve) for name in ("east", "west")}
    return plan_cluster(queue, subjects, curves, **given_)


def by_hand(terms: Any) -> int:
    """The product that explain prints."""
    if not terms["ramp_share"]:
        return 0
    worth = (
        terms["weight_urgency"] * terms["urgency"] / 100
        + terms["weight_waiting"] * terms["waiting_regret"]
    )
    product: float = terms["boost_most"] * terms["ramp_share"] * min(1.0, worth)
    # A share has six digits: a product that is whole steps may miss one by a hair.
    step: int = terms["boost_step"]
    return floor(product / step + 1e-4) * step


def total(decision: Decision) -> int:
    terms: dict[str, Any] = dict(decision.terms)
    return int(terms["boost"] or 0) + int(terms["age_given_back"] or 0)


def test_half_the_ramp_urgency_and_waiting_multiply_to_the_boost() -> None:
    annotation = make_annotation(make_contract(deadline=NOON + 2 * HOUR, urgency=50))
    flat = make_curve([0.0] * 96)
    decision = planned([make_subject(make_job(), annotation)], curve=flat).decision(0, 1)
    terms: dict[str, Any] = dict(decision.terms)
    assert (terms["boost_most"], terms["boost_step"], terms["ramp"]) == (1200, 150, 4 * HOUR)
    assert terms["slack"] == 2 * HOUR - HOUR - 600 - 900
    assert terms["ramp_share"] == round(1 - terms["slack"] / terms["ramp"], 6)
    assert terms["weight_urgency"] == 0.7
    assert by_hand(terms) == terms["boost"] == total(decision) == decision.site_factor
    assert decision.site_factor == 300


def test_latency_critical_work_has_all_of_it_whatever_its_slack() -> None:
    contract = make_contract(WorkloadClass.LATENCY_CRITICAL, urgency=100, max_delay=0)
    terms = planned([make_subject(annotation=make_annotation(contract))]).decision(0, 1).terms
    assert (terms["ramp"], terms["ramp_share"], terms["boost"]) == (None, 1.0, 1200)


def test_where_age_gives_nothing_there_is_nothing_to_give() -> None:
    plan = planned([make_subject()], queue={"age_points_per_hour": None})
    terms = plan.decision(0, 1).terms
    assert terms["boost_most"] == 0
    assert "boost" not in terms


@given(st.lists(SUBJECTS, max_size=6, unique_by=lambda one: one.job.job_id))
def test_whatever_the_queue_the_parts_add_up_to_what_is_sent(subjects: list[Subject]) -> None:
    pending = [one for one in subjects if one.job.start_time is None]
    plan = planned(pending, queue={"forgets_age": True})
    for row in range(len(pending)):
        decision = plan.decision(row, 1)
        if decision.site_factor is None:
            assert "boost_most" not in decision.terms
            continue
        assert total(decision) == decision.site_factor
        assert by_hand(decision.terms) == decision.terms["boost"]
