"""What is stored is what is read back; what can't be ours is named."""

from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slurm_energy.errors import LedgerError
from slurm_energy.ledger.database import connect
from slurm_energy.ledger.read import recorded
from slurm_energy.ledger.rows import EXACT, clean, decision_columns, to_decision, to_json
from slurm_energy.ledger.session import Session
from slurm_energy.ledger.write import Batch, write_batch
from slurm_energy.model.decision import Action, Decision, Reason
from slurm_energy.model.job import JobKey
from tests.builders import NOON
from tests.ledger.builders import HandClock, make_cycle, make_decision, make_key

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
times = st.integers(0, 4_102_444_800)
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-EXACT, EXACT)
decisions = st.builds(
    Decision,
    key=st.builds(JobKey, text, st.integers(0, 2**32 - 1), times),
    cycle=st.integers(0, 2**40),
    action=st.sampled_from(Action),
    reason=st.sampled_from(Reason),
    begin=st.none() | times,
    site_factor=st.none() | st.integers(-(2**31), 2**31),
    latest_start=st.none() | times,
    terms=st.dictionaries(text, numbers | text | st.none(), max_size=8),
)
MOMENTS = count(NOON)


@pytest.fixture
def session(url: str) -> Iterator[Session]:
    session = Session(lambda: url, HandClock())
    yield session
    session.close()


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(decision=decisions)
def test_law_a_decision_is_read_back_as_it_was_made(session: Session, decision: Decision) -> None:
    at = next(MOMENTS)  # an example tried twice is another moment, not the same row
    batch = Batch(make_cycle(decision.cycle, at=at), (decision,))
    session.run(lambda connection: write_batch(connection, batch))
    found = session.run(lambda connection: recorded(connection, decision.key, 1000))
    assert [one.decision for one in found if one.at == at] == [decision]


def test_names_that_postgres_can_not_hold_lose_a_character_not_the_row(session: Session) -> None:
    odd = make_decision(terms={"na\0me": "bro\0ken \ud800", "rate": float("inf")})
    session.run(lambda c: write_batch(c, Batch(make_cycle(), (odd,))))
    (found,) = session.run(lambda c: recorded(c, make_key(), 9))
    assert found.decision.terms == {"na\ufffdme": "bro\ufffdken ?", "rate": "inf"}
    assert clean("plain") == "plain"


def row(**changes: object) -> tuple[object, ...]:
    names = ("cluster", "job", "submit", "at", "cycle", "action", "reason", "begin", "sf", "latest")
    (values,) = zip(*decision_columns(NOON, [make_decision()]), strict=True)
    sound = dict(zip((*names, "terms"), values, strict=True))
    return tuple((sound | changes).values())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"action": "dance"}, "action 'dance' is unknown to this version"),
        ({"reason": "BORED"}, "reason 'BORED' is unknown"),
        ({"terms": "[1]"}, "terms '[1]' is unknown"),
        ({"terms": to_json({"a": 1})[:-1] + ', "b": {"c": 1}}'}, "term b \"{'c': 1}\" is unknown"),
    ],
)
def test_a_garbage_row_is_named_in_one_line(changes: dict[str, object], said: str) -> None:
    assert to_decision(row()).decision == make_decision()
    with pytest.raises(LedgerError) as caught:
        to_decision(row(**changes))
    message = str(caught.value)
    assert message.startswith("decision on east/100 in cycle 1: ")
    assert said in message
    assert "\n" not in message


def test_a_garbage_row_does_not_stop_the_writing(session: Session, url: str) -> None:
    session.run(lambda c: write_batch(c, Batch(make_cycle(), (make_decision(),))))
    with connect(url) as other:
        other.execute(
            "INSERT INTO slurm_energy.decision SELECT cluster, job_id, submit_time, at, 99, action,"
            " 'BORED', begin_time, site_factor, latest_start, terms FROM slurm_energy.decision"
        )
    with pytest.raises(LedgerError, match="reason 'BORED'"):
        session.run(lambda c: recorded(c, make_key(), 9))
    session.run(lambda c: write_batch(c, Batch(make_cycle(2), (make_decision(cycle=2),))))
