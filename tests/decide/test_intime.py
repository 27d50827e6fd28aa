"""Room for those who must start: who finds none for later goes now, while there is some."""

from dataclasses import replace

from slurm_energy.decide.market import FIRST, trade
from slurm_energy.decide.stage import Stage
from slurm_energy.model.job import JobState
from tests.builders import NOON, make_job
from tests.decide.market import applicant, dip, gpus, lasting, slots, stage

CLEAN_LATER = dip(20)


def busy(waits: list[int], taken: int, hours: int = 1) -> Stage:
    """Jobs of one GPU that may wait so many slots; ``taken`` of 8 GPUs run for eight hours more."""
    others = [make_job(1, gpus=taken, start_time=NOON, state=JobState.RUNNING)] if taken else []
    jobs = [applicant(100 + row, wait, gpus=1) for row, wait in enumerate(waits)]
    shapes = lasting(4 * hours, len(jobs) + len(others))
    return stage(jobs, CLEAN_LATER, others=others, shapes=shapes)


def test_where_there_is_room_everybody_waits_for_the_clean_hour() -> None:
    assert slots(trade(busy([24, 24], taken=0), FIRST)[0]) == [20, 20]


def test_who_would_find_the_cluster_full_when_he_must_start_goes_while_there_is_room() -> None:
    full = busy([24] * 3, taken=6, hours=12)
    assert slots(trade(full, FIRST)[0]) == [0, 0, 0]


def test_without_a_limit_nothing_runs_short() -> None:
    free = replace(busy([24] * 9, taken=0), capacity=gpus(10**6))
    assert slots(trade(free, FIRST)[0]) == [20] * 9
