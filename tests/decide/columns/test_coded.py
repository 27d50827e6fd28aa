"""Members of an enumeration as a column of numbers, read as members."""

from slurm_energy.decide.columns.coded import ACTION, ACTIONS, Coded
from slurm_energy.model.decision import Action


def test_it_reads_as_a_sequence_of_members() -> None:
    found = Coded(ACTIONS).more([Action.RUN, Action.DEFER, Action.RUN])
    assert found == [Action.RUN, Action.DEFER, Action.RUN]
    assert found != [Action.RUN, Action.DEFER]
    assert found[1] is Action.DEFER
    assert found[1:] == (Action.DEFER, Action.RUN)
    assert Action.STOP not in found
    assert found.codes.tolist() == [ACTION[one] for one in found]
    assert repr(found) == repr([Action.RUN, Action.DEFER, Action.RUN])


def test_members_that_are_there_are_counted() -> None:
    found = Coded(ACTIONS).more([Action.RUN, Action.DEFER, Action.RUN])
    assert found.counts() == {Action.RUN: 2, Action.DEFER: 1}
    assert Coded(ACTIONS).counts() == {}
