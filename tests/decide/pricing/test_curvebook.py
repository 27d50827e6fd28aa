"""Curves change with the slot and with the signals, and with nothing else."""

from slurm_energy.decide.pricing.curvebook import CurveBook
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.policy import Policy
from tests.builders import NOON, make_signals, some

SIGNALS = make_signals([300.0, 100.0] * 30, [50.0, 20.0] * 30)
TRAINING = WorkloadClass.TRAINING


def test_within_a_slot_they_are_the_same_ones() -> None:
    book = CurveBook(Policy())
    first = book.of("east", SIGNALS, NOON)
    assert book.of("east", SIGNALS, NOON + 899) is first
    assert book.of("east", make_signals([300.0, 100.0] * 30, [50.0, 20.0] * 30), NOON) is first


def test_the_next_slot_and_another_signal_make_new_ones() -> None:
    book = CurveBook(Policy())
    first = some(book.of("east", SIGNALS, NOON)[TRAINING])
    later = some(book.of("east", SIGNALS, NOON + 900)[TRAINING])
    assert later.start == first.start + 900
    other = some(book.of("east", make_signals([100.0, 300.0] * 30, [50.0] * 60), NOON)[TRAINING])
    assert other.values.tolist() != first.values.tolist()


def test_clusters_have_their_own() -> None:
    book = CurveBook(Policy())
    east = some(book.of("east", SIGNALS, NOON)[TRAINING])
    west = some(book.of("west", make_signals([1.0, 2.0] * 30, [9.0] * 60), NOON)[TRAINING])
    assert some(book.of("east", SIGNALS, NOON)[TRAINING]) is east
    assert west.values.tolist() != east.values.tolist()
