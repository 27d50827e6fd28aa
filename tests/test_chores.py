"""What a leader does now and then: forget what is old."""

import pytest

from slurm_energy.chores import Retention
from tests.builders import HOUR, NOON
from tests.ledger.builders import make_cycle
from tests.worlds import Town


@pytest.fixture
def town() -> Town:
    return Town()


def test_what_is_older_than_it_is_kept_leaves_once_an_hour(town: Town) -> None:
    town.ledger.record(make_cycle(at=NOON - 3 * HOUR), [], [])
    retention = Retention(town.ledger, keep=2 * HOUR)
    assert retention(NOON) == []
    assert town.ledger.cycles == []
    town.ledger.record(make_cycle(at=NOON - 3 * HOUR), [], [])
    retention(NOON + HOUR - 1)
    assert len(town.ledger.cycles) == 1
    retention(NOON + HOUR)
    assert town.ledger.cycles == []
