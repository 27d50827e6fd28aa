"""GPU types in the turn: jobs that ran on one type are planned on another in its own time."""

from typing import Any

import pytest

from slurm_energy.decide.durations.runtimes import History
from slurm_energy.decide.gpus.speeds import Speeds
from slurm_energy.harvest import Harvest
from slurm_energy.learning import Lessons, Overheard, Recall, Teacher
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.power import PowerLimit
from slurm_energy.slurm import annotation
from tests.builders import HOUR, NOON, make_annotation, make_contract
from tests.decide.gpus.test_speeds import model, ran
from tests.test_power_turn import daemon
from tests.worlds import GivenLead, Town

TRAINING = make_contract(WorkloadClass.TRAINING, max_delay=24 * HOUR)
NOTED = annotation.render(make_annotation(TRAINING))


def turned(*, leads: bool, **speeds: float) -> dict[str, Any]:
    """The terms of alice's job on the h100s of east, once a daemon has had some turns."""
    town = Town(lead=GivenLead(leads=leads))
    yesterday = range(NOON - 24 * HOUR, NOON - 24 * HOUR + 30)
    town.ledger.record_ends(ran(8 * HOUR, "a100", at, admin_comment=NOTED) for at in yesterday)
    known = Speeds(model(**speeds))
    history = History(speeds=known)
    teacher = Teacher((history.learn,), annotation.agreed)
    recall = Recall({"east": town.east}, town.ledger, teacher)
    overheard = Overheard(["east"], town.ledger, teacher)
    lessons = Lessons(Harvest({}, town.ledger), recall, overheard)
    cycle = daemon(
        town, PowerLimit(400_000), run_times=history, lessons=lessons, see=known.types.see
    )
    town.submit(TRAINING, name="train-9", time_limit=24 * HOUR, gpus=2)
    for _ in range(3):
        turn = cycle.turn()
        town.later(30)
    return dict(turn.plans["east"].decision(0, 1).terms)


@pytest.mark.parametrize("leads", [True, False])
def test_leader_and_follower_plan_a_job_in_the_time_of_the_cluster_it_is_on(leads: bool) -> None:
    as_learned, twice = turned(leads=leads), turned(leads=leads, a100=1, h100=2)
    assert as_learned["run_median"] == 8 * HOUR
    assert abs(twice["run_median"] - 4 * HOUR) <= 900
    assert twice["run_from"] == f"{as_learned['run_from']}, 30 on a100, x0.5 on h100 as configured"
    assert twice["predicted_watts"] == as_learned["predicted_watts"]
    assert twice["predicted_kwh"] == pytest.approx(as_learned["predicted_kwh"] / 2, rel=0.1)
    assert twice["predicted_kwh"] == pytest.approx(twice["predicted_watts"] * 4.1 / 1000, rel=0.1)
