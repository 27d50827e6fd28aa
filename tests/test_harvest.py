"""How jobs ended comes into the ledger, under the names that were decided on."""

import pytest

from slurm_energy.harvest import EVERY, FIRST, OVERLAP, Harvest
from slurm_energy.model.decision import JobEnd
from tests.builders import HOUR, NOON
from tests.fakes import FakeCluster
from tests.ledger.builders import make_cycle, make_decision, make_end, make_key
from tests.worlds import Town


class Accounting(FakeCluster):
    """A cluster whose accounting says what a test wants, and remembers what was asked."""

    def __init__(self, *ends: JobEnd) -> None:
        super().__init__("west")
        self.ends = ends
        self.asked: list[int] = []

    def ended(self, since: int, until: int | None = None) -> tuple[JobEnd, ...]:  # noqa: ARG002
        self.asked.append(since)
        return self.ends


@pytest.fixture
def town() -> Town:
    return Town()


def test_a_new_ledger_learns_of_the_past_day(town: Town) -> None:
    job = town.submit()
    town.east.start(job)
    town.later(HOUR)
    town.east.finish(job)
    assert Harvest({"east": town.east}, town.ledger)(town.clock.now()) == []
    assert [end.state for end in town.ledger.ends.values()] == ["COMPLETED"]


def test_it_asks_again_from_a_little_before_what_it_knows(town: Town) -> None:
    west = Accounting(make_end(make_key(cluster="west"), end=NOON))
    harvest = Harvest({"west": west}, town.ledger)
    harvest(NOON)
    harvest(NOON + EVERY)
    assert west.asked == [NOON - FIRST, NOON - OVERLAP]


def test_accounting_is_asked_once_a_minute(town: Town) -> None:
    west = Accounting()
    harvest = Harvest({"west": west}, town.ledger)
    harvest(NOON)
    harvest(NOON + EVERY - 1)
    assert len(west.asked) == 1


def test_it_tells_each_clusters_ends_under_the_recorded_names(town: Town) -> None:
    told = []
    decided = make_key(cluster="east", submit=NOON)
    town.ledger.record(make_cycle(), [make_decision(decided)], [])
    west = Accounting(make_end(decided._replace(submit=NOON + 2), ran_on="west"))
    Harvest({"west": west}, town.ledger, lambda *news: told.append(news))(NOON)
    assert told == [("west", [make_end(decided, ran_on="west")])]


def test_a_silent_cluster_is_said_and_asked_again(town: Town) -> None:
    harvest = Harvest({"east": town.east}, town.ledger)
    with town.east.silent():
        assert "how jobs ended is not known" in harvest(NOON)[0]
    assert harvest(NOON + EVERY) == []


def test_a_job_that_ran_elsewhere_ends_under_the_name_its_origin_decided_on(town: Town) -> None:
    decided = make_key(cluster="east", submit=NOON)
    town.ledger.record(make_cycle(), [make_decision(decided)], [])
    west = Accounting(make_end(decided._replace(submit=NOON + 2), ran_on="west"))
    Harvest({"west": west}, town.ledger)(NOON + HOUR)
    assert [key for key, _ in town.ledger.ends] == [decided]


def test_of_two_jobs_with_one_id_the_nearer_submit_is_meant(town: Town) -> None:
    old, new = (make_key(cluster="east", submit=at) for at in (NOON - 90 * HOUR, NOON))
    town.ledger.record(make_cycle(), [make_decision(old), make_decision(new)], [])
    west = Accounting(make_end(new._replace(submit=NOON + 300), ran_on="west"))
    Harvest({"west": west}, town.ledger)(NOON + HOUR)
    assert [key for key, _ in town.ledger.ends] == [new]
