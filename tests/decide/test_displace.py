"""Who must start now is given room by those for whom waiting costs least."""

from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.decide.displace import Occupant, displaced
from slurm_energy.model.job import JobKey


def occupant(number: int, later: float, units: float = 1.0) -> Occupant:
    return Occupant(later, JobKey("east", number, 0), units)


def numbers(chosen: set[JobKey]) -> set[int]:
    return {key.job_id for key in chosen}


def test_nobody_is_stopped_while_there_is_room() -> None:
    assert displaced(2.0, 2.0, [occupant(1, 0.0)]) == set()


def test_the_one_that_loses_least_gives_way() -> None:
    found = displaced(1.0, 0.0, [occupant(1, 3.0), occupant(2, -1.0), occupant(3, 0.5)])
    assert numbers(found) == {2}


def test_as_many_as_it_takes_and_no_more() -> None:
    found = displaced(2.0, 0.5, [occupant(number, float(number)) for number in range(5)])
    assert numbers(found) == {0, 1}


def test_all_of_them_where_even_that_is_not_enough() -> None:
    assert numbers(displaced(9.0, 0.0, [occupant(1, 0.0), occupant(2, 0.0)])) == {1, 2}


units = st.floats(0.0, 4.0)


@given(units, units, st.lists(st.tuples(st.floats(-3, 3), units), max_size=8))
def test_the_order_of_the_list_does_not_matter_and_nobody_is_stopped_in_vain(
    needed: float, free: float, running: list[tuple[float, float]]
) -> None:
    occupants = [occupant(number, *one) for number, one in enumerate(running)]
    found = displaced(needed, free, occupants)
    assert found == displaced(needed, free, occupants[::-1])
    ranked = [one for one in sorted(occupants) if one.key in found]
    assert ranked == sorted(occupants)[: len(found)]
    assert not ranked or free + sum(one.units for one in ranked[:-1]) < needed + 1e-9
