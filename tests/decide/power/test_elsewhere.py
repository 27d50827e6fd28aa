"""What a job would draw and use on the other clusters that may run it."""

import pytest

from slurm_energy.decide.gpus.boards import DEFAULT_MODEL
from slurm_energy.decide.gpus.speeds import Speeds
from slurm_energy.decide.power.elsewhere import Elsewhere
from slurm_energy.decide.power.powernow import PowerNow
from slurm_energy.decide.power.watts import machines
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.job import Node, Queue
from tests.builders import NOON, make_annotation, make_contract, make_job, make_queue, make_subject
from tests.decide.gpus.test_speeds import model

TRAINING = WorkloadClass.TRAINING


def nodes(gpu_type: str) -> tuple[Node, ...]:
    return tuple(Node(f"{gpu_type}-{n}", 64, 512_000, 8, gpu_type) for n in range(4))


def queue(cluster: str, gpu_type: str) -> Queue:
    return make_queue(cluster=cluster, nodes=nodes(gpu_type), partitions=())


EAST, WEST = queue("east", "h100"), queue("west", "a100")
BOTH = ("east", "west")


def elsewhere(speeds: Speeds | None = None) -> Elsewhere:
    return Elsewhere([machines(WEST, DEFAULT_MODEL)], speeds)


def test_watts_are_those_of_the_other_clusters_gpus_and_energy_is_over_the_mean_run() -> None:
    job = make_job(gpus=2, cpus=2, siblings=BOTH)
    found = elsewhere().terms(job, TRAINING, 2.0)
    watts = 2 * 0.76 * 400 + 2 * 3
    assert found == {"watts_on_west": round(watts), "kwh_on_west": pytest.approx(2 * watts / 1000)}


def test_nothing_is_told_of_a_cluster_that_may_not_run_it() -> None:
    for siblings in ((), ("east",)):
        assert elsewhere().terms(make_job(gpus=2, siblings=siblings), TRAINING, 2.0) == {}


def test_without_a_mean_run_there_is_no_energy() -> None:
    assert list(elsewhere().terms(make_job(siblings=BOTH), TRAINING, None)) == ["watts_on_west"]


def test_of_gpus_that_nobody_knows_nothing_is_told() -> None:
    strange = Elsewhere([machines(queue("west", "unheard-of"), DEFAULT_MODEL)])
    assert strange.terms(make_job(siblings=BOTH), TRAINING, 2.0) == {}


def test_a_slower_gpu_takes_longer() -> None:
    known = Speeds(model(a100=1, h100=2))
    for one in (EAST, WEST):
        known.types.see(one)
    job = make_job(gpus=2, siblings=BOTH)
    alike, slower = (elsewhere(one).terms(job, TRAINING, 2.0) for one in (None, known))
    assert slower["watts_on_west"] == alike["watts_on_west"]
    assert slower["kwh_on_west"] == pytest.approx(2 * float(alike["kwh_on_west"] or 0), rel=1e-3)


def test_a_site_without_any_limit_is_told_watts_and_energy_of_every_cluster() -> None:
    subject = make_subject(
        make_job(gpus=2, siblings=BOTH), make_annotation(make_contract(TRAINING))
    )
    power = PowerNow(None, machines(EAST, DEFAULT_MODEL), elsewhere=elsewhere())
    found = power.terms(subject, NOON, NOON, hours=1.0)
    assert set(found) == {
        "predicted_watts",
        "predicted_kwh",
        "watts_from",
        "watts_on_west",
        "kwh_on_west",
    }
    assert float(found["predicted_kwh"] or 0) == pytest.approx(
        float(found["predicted_watts"] or 0) / 1000, rel=1e-3
    )
