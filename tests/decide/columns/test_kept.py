"""Columns are kept from turn to turn: only what is another object than before is worked out."""

from collections.abc import Sequence
from typing import NamedTuple

import hypothesis.strategies as st
import numpy as np
from hypothesis import given
from numpy.typing import NDArray

from slurm_energy.decide.columns.kept import Kept, joined, taken


class Thing:
    """Equal to nothing but itself."""

    def __init__(self, value: int) -> None:
        self.value = value


class Squares(NamedTuple):
    value: NDArray[np.int64]
    square: NDArray[np.float64]


def work_out(things: Sequence[Thing]) -> Squares:
    values = [one.value for one in things]
    return Squares(np.array(values, dtype=np.int64), np.array(values, dtype=np.float64) ** 2)


EDITS = st.lists(
    st.tuples(st.sampled_from(["come", "go", "change", "move"]), st.integers(0, 9)), max_size=6
)


def edited(things: list[Thing], edits: list[tuple[str, int]]) -> list[Thing]:
    """The queue after some came, went, changed or moved."""
    found = list(things)
    for what, at in edits:
        if what == "come" or not found:
            found.insert(at % (len(found) + 1), Thing(at))
        elif what == "go":
            del found[at % len(found)]
        elif what == "change":
            found[at % len(found)] = Thing(at)
        else:
            found.append(found.pop(at % len(found)))
    return found


@given(st.lists(EDITS, min_size=1, max_size=8))
def test_whatever_comes_goes_and_changes_the_columns_are_those_worked_out_anew(
    turns: list[list[tuple[str, int]]],
) -> None:
    things: list[Thing] = []
    kept = Kept.anew(things, work_out)
    for edits in turns:
        before, things = things, edited(things, edits)
        kept = kept.again(things, work_out)
        for column, whole in zip(kept.columns, work_out(things), strict=True):
            assert column.tolist() == whole.tolist()
        known = {id(one) for one in before}
        assert kept.worked == sum(id(one) not in known for one in things)


def test_nothing_is_worked_out_where_nothing_changed() -> None:
    things = [Thing(number) for number in range(5)]
    kept = Kept.anew(things, work_out)
    again = kept.again(things, work_out)
    assert (kept.worked, again.worked) == (5, 0)
    assert again.columns is kept.columns


def test_many_things_are_worked_out_in_pieces() -> None:
    things = [Thing(number) for number in range(3000)]
    asked: list[int] = []

    def counted(some: Sequence[Thing]) -> Squares:
        asked.append(len(some))
        return work_out(some)

    kept = Kept.anew(things, counted)
    assert sum(asked) == 3000
    assert max(asked) < 3000
    assert kept.columns.square.tolist() == work_out(things).square.tolist()
    last = [*things[1:], *(Thing(1) for _ in range(2000))]
    assert kept.again(last, work_out).columns.value.tolist() == work_out(last).value.tolist()


def test_what_was_kept_before_is_not_written_over() -> None:
    things = [Thing(number) for number in range(5)]
    before = Kept.anew(things, work_out)
    after = before.again([*things[:2], Thing(9), *things[3:]], work_out)
    assert (before.columns.value[2], after.columns.value[2]) == (2, 9)


def test_rows_of_columns_are_taken_and_joined() -> None:
    columns = work_out([Thing(1), Thing(2), Thing(3)])
    back = taken(columns, np.array([2, 0]))
    assert joined(back, taken(columns, slice(1, 2))).value.tolist() == [3, 1, 2]
