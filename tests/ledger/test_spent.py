"""What is spent of the budgets survives the daemon."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slurm_energy.errors import LedgerError
from slurm_energy.ledger.session import Session
from slurm_energy.ledger.spent import SpentTable
from slurm_energy.model.budget import Charge, Spent, Tally
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.job import JobKey
from tests.builders import NOON
from tests.ledger.builders import HandClock

AMOUNTS = st.floats(0, 1e12)
TALLIES = st.builds(Tally, AMOUNTS, AMOUNTS)
SPENT = st.builds(
    Spent,
    at=st.integers(0, 2**40),
    classes=st.dictionaries(st.sampled_from(WorkloadClass), TALLIES, max_size=3),
    accounts=st.dictionaries(st.text(st.characters(codec="ascii"), max_size=9), TALLIES),
    gpu_hours=AMOUNTS,
    deferred_gpu_hours=AMOUNTS,
    idle_gpu_hours=AMOUNTS,
    resting=st.booleans(),
    idle_gpus=st.integers(0, 2**40),
)


@pytest.fixture
def session(url: str) -> Iterator[Session]:
    session = Session(lambda: url, HandClock(NOON))
    yield session
    session.close()


def test_nothing_saved_is_nothing_spent(session: Session) -> None:
    assert SpentTable(session).load() == {}


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(east=SPENT, west=SPENT)
def test_what_was_saved_last_is_loaded(session: Session, east: Spent, west: Spent) -> None:
    table = SpentTable(session)
    table.save({"east": west, "west": west})
    table.save({"east": east})
    assert SpentTable(session).load() == {"east": _plain(east), "west": _plain(west)}


def _plain(spent: Spent) -> Spent:
    """Without NUL in names, which PostgreSQL can't hold."""
    names = {name.replace("\0", "\ufffd"): one for name, one in spent.accounts.items()}
    return Spent(
        spent.at,
        spent.classes,
        names,
        spent.gpu_hours,
        spent.deferred_gpu_hours,
        spent.idle_gpu_hours,
        spent.resting,
        spent.idle_gpus,
    )


def test_the_jobs_put_off_now_are_not_kept(session: Session) -> None:
    one = Charge(WorkloadClass.EVALUATION, "research", NOON, 1, 1.0, 1, NOON, NOON + 60)
    SpentTable(session).save(
        {"east": Spent(at=NOON, idle_gpus=4, open={JobKey("east", 1, NOON): one})}
    )
    assert SpentTable(session).load() == {"east": Spent(at=NOON, idle_gpus=4)}


def test_a_row_nobody_can_read_is_named(session: Session) -> None:
    table = SpentTable(session)
    table.save({"east": Spent(at=NOON)})
    session.run(
        lambda connection: connection.execute(
            "UPDATE slurm_energy.spent SET classes = '{\"holiday\": [1, 2]}'"
        )
    )
    with pytest.raises(LedgerError, match=r"what east spent .*holiday.*delete its row in spent"):
        table.load()
