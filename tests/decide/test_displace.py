"""Who must start now is given room by those who have most time left."""

from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.decide.displace import Occupant, displaced
from slurm_energy.model.job import JobKey


def occupant(number: int, latest: int, units: float = 1.0) -> Occupant:
    return Occupant(latest, JobKey("east", number, 0), units)


def numbers(chosen: set[JobKey]) -> set[int]:
    return {key.job_id for key in chosen}


def test_nobody_is_stopped_while_there_is_room() -> None:
    assert displaced(2.0, 2.0, [occupant(1, 0)]) == set()


def test_the_one_with_most_time_left_gives_way() -> None:
    found = displaced(1.0, 0.0, [occupant(1, 300), occupant(2, 900), occupant(3, 600)])
    assert numbers(found) == {2}


def test_as_many_as_it_takes_and_no_more() -> None:
    found = displaced(2.0, 0.5, [occupant(number, number) for number in range(5)])
    assert numbers(found) == {3, 4}


def test_all_of_them_where_even_that_is_not_enough() -> None:
    assert numbers(displaced(9.0, 0.0, [occupant(1, 0), occupant(2, 0)])) == {1, 2}


units = st.floats(0.0, 4.0)


@given(units, units, st.lists(st.tuples(st.integers(-3, 3), units), max_size=8))
def test_the_order_of_the_list_does_not_matter_and_nobody_is_stopped_in_vain(
    needed: float, free: float, running: list[tuple[int, float]]
) -> None:
    occupants = [occupant(number, *one) for number, one in enumerate(running)]
    found = displaced(needed, free, occupants)
    assert found == displaced(needed, free, occupants[::-1])
    most_time_first = sorted(occupants, key=lambda one: (-one.latest, one.key))
    ranked = most_time_first[: len(found)]
    assert {one.key for one in ranked} == found
    assert not ranked or free + sum(one.units for one in ranked[:-1]) < needed + 1e-9
