"""What a simulated daemon remembers: the same answers as the ledger's, within bounds."""

import hypothesis.strategies as st
from hypothesis import given

from slurm_energy.ledger.waits import WaitsQuestion
from slurm_energy.model.decision import JobEnd
from slurm_energy.ports import HeldStore, Lead, Ledger, TableWriter
from slurm_energy.simulate.clock import SimulatedClock
from slurm_energy.simulate.memory import NoTable, OnlyLead, SimulatedHeld, SimulatedLedger
from tests.builders import HOUR, NOON
from tests.fakes_ledger import MemoryLedger
from tests.ledger.builders import make_cycle, make_decision, make_end, make_key

QUESTION = WaitsQuestion(quantile=0.9, lookback=24 * HOUR, minimum=3, refresh=1)


def make_ledger(clock: SimulatedClock | None = None, *, keep: bool = False) -> SimulatedLedger:
    clock = clock or SimulatedClock(NOON)
    return SimulatedLedger(clock, keep_decisions=keep, question=QUESTION)


def waited(number: int, seconds: int, end: int, nodes: int = 1) -> JobEnd:
    key = make_key(number)
    return make_end(
        key, eligible=end - HOUR - seconds, start=end - HOUR, end=end, nodes=nodes, gpus=nodes
    )


def assert_ports(ledger: Ledger, held: HeldStore, lead: Lead, table: TableWriter) -> None:
    """Takes what the ports promise: a type checker sees that all of them keep it."""
    assert ledger.available()
    assert lead.acquire()
    assert lead.holding()
    assert held.load() == {}
    table.write([], NOON)


def test_they_are_what_the_cycle_asks_for() -> None:
    assert_ports(make_ledger(), SimulatedHeld(), OnlyLead(), NoTable())


def test_turns_are_counted_with_what_went_wrong() -> None:
    ledger = make_ledger()
    ledger.record(make_cycle(1, problems=("no wind",)), [make_decision()], [])
    ledger.record(make_cycle(2, problems=("no wind",)), [], [])
    assert (ledger.turns, ledger.last_cycle()) == (2, 2)
    assert dict(ledger.problems) == {"no wind": 2}


def test_decisions_are_kept_only_if_asked_for() -> None:
    for keep, count in ((False, 0), (True, 1)):
        ledger = make_ledger(keep=keep)
        ledger.record(make_cycle(1), [make_decision()], [])
        assert len(ledger.last_decisions([make_key(), make_key(7)])) == count
        assert len(ledger.find(100)) == count
        assert ledger.prune(NOON + HOUR) == count


def test_an_end_told_twice_counts_once() -> None:
    ledger = make_ledger()
    ends = [waited(number, 60 * number, NOON - 60) for number in (1, 2, 3)]
    for _ in range(3):
        ledger.record_ends(ends)
    assert ledger.usual_waits() == {("gpu", 0): 180}
    assert ledger.last_end("east") == NOON - 60
    ledger.record_ends([waited(4, 6_000, NOON - 30)])
    assert ledger.usual_waits() == {("gpu", 0): 6_000}


def test_old_waits_are_forgotten() -> None:
    clock = SimulatedClock(NOON)
    ledger = make_ledger(clock)
    ledger.record_ends([waited(number, 60, NOON) for number in (1, 2, 3)])
    clock.move_to(NOON + 24 * HOUR + 1)
    assert ledger.usual_waits() == {}


@given(
    seconds=st.lists(st.tuples(st.integers(0, 9_000), st.integers(1, 5)), max_size=30),
)
def test_usual_waits_are_those_of_the_real_ledger(seconds: list[tuple[int, int]]) -> None:
    clock = SimulatedClock(NOON)
    simulated, whole = make_ledger(clock), MemoryLedger(clock, QUESTION)
    for number, (wait, nodes) in enumerate(seconds):
        clock.move_to(NOON + number * 60)
        for ledger in (simulated, whole):
            ledger.record_ends([waited(number, wait, NOON + number * 60, nodes)])
        assert simulated.usual_waits() == whole.usual_waits()


def test_what_was_recorded_long_ago_takes_no_room() -> None:
    clock = SimulatedClock(NOON)
    ledger = make_ledger(clock)
    for number in range(1_000):
        clock.move_to(NOON + number * 600)
        ledger.record_ends([waited(number, 60, clock.now())])
        ledger.usual_waits()
    assert len(ledger._known) < 20
    assert len(ledger._waits._ages) < 150
