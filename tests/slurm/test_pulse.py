"""Means of what happened between two readings, not since midnight."""

from slurm_energy.model.job import Health
from slurm_energy.slurm.pulse import Pulse, Totals

MORNING = Totals(
    server_threads=2, dbd_queue=0, cycles=100, cycle_time=5_000, updates=10, update_time=800
)


def test_the_first_reading_speaks_of_all_there_was() -> None:
    assert Pulse().health(MORNING) == Health(2, 50, 80, 0)


def test_the_next_speaks_of_what_came_since() -> None:
    pulse = Pulse()
    pulse.health(MORNING)
    later = Totals(9, 30, cycles=110, cycle_time=25_000, updates=110, update_time=100_800)
    assert pulse.health(later) == Health(9, 2_000, 1_000, 30)


def test_where_nothing_happened_there_is_no_mean() -> None:
    pulse = Pulse()
    pulse.health(MORNING)
    assert pulse.health(MORNING) == Health(2, None, None, 0)


def test_counters_that_were_reset_start_again() -> None:
    pulse = Pulse()
    pulse.health(MORNING)
    midnight = Totals(1, 0, cycles=4, cycle_time=400, updates=0, update_time=0)
    assert pulse.health(midnight) == Health(1, 100, None, 0)
