"""What happens when."""

import hypothesis.strategies as st
from hypothesis import given

from slurm_energy.simulate.clock import SimulatedClock
from slurm_energy.simulate.events import EventHeap


@given(times=st.lists(st.integers(0, 20)))
def test_events_come_by_time_and_then_as_they_were_asked_for(times: list[int]) -> None:
    heap = EventHeap()
    happened: list[int] = []
    for number, time in enumerate(times):
        heap.at(time, happened.append, number)
    while (now := heap.next_time()) is not None:
        for action, arguments in heap.due(now):
            action(*arguments)
    assert happened == sorted(range(len(times)), key=lambda number: times[number])


def test_what_is_asked_for_meanwhile_still_happens_at_that_moment() -> None:
    heap = EventHeap()
    happened: list[int] = []
    heap.at(5, lambda: heap.at(5, happened.append, 1))
    for action, arguments in heap.due(5):
        action(*arguments)
    assert happened == [1]
    assert heap.next_time() is None


def test_the_clock_stands_still_until_it_is_moved() -> None:
    clock = SimulatedClock(100)
    assert clock.now() == clock.now() == 100
    clock.move_to(160)
    assert clock.now() == 160
    assert clock.elapsed() <= clock.elapsed()
