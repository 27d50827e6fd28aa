"""Room for those who must start: where it runs short, least slack goes first and others leave it."""

from dataclasses import replace

import numpy as np

from slurm_energy.decide.market import FIRST, trade
from slurm_energy.decide.stage import Stage
from slurm_energy.model.job import JobState
from tests.builders import NOON, make_curve, make_job
from tests.decide.market import SLOTS, applicant, dip, gpus, lasting, slots, stage

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


def test_who_may_wait_until_the_cluster_is_free_again_still_waits() -> None:
    prices = np.zeros(SLOTS)
    prices[20:24], prices[60:64] = -1.0, -2.0
    jobs = [applicant(100, 24, gpus=1), applicant(101, 90, gpus=1)]
    runs = make_job(1, gpus=8, start_time=NOON, state=JobState.RUNNING)
    given = stage(jobs, make_curve(prices.tolist()), others=[runs], shapes=lasting(40, 3))
    assert slots(trade(given, FIRST)[0]) == [0, 60]


def test_without_a_limit_nothing_runs_short() -> None:
    free = replace(busy([24] * 9, taken=0), capacity=gpus(10**6))
    assert slots(trade(free, FIRST)[0]) == [20] * 9
