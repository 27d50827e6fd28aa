"""``release`` on a cluster that behaves like Slurm, before and after the real cycle."""

from pathlib import Path

import pytest

from slurm_energy.cycle import Cycle
from slurm_energy.errors import InputError
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.service.release import release_all, release_job
from slurm_energy.state.held import HeldFile
from slurm_energy.state.released import UnlessReleased
from tests.builders import CLEAN_AT, HOUR, MINUTE, NOON, make_annotation, make_contract, some
from tests.service.parts import House


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def daemon(house: House) -> Cycle:
    return house.town.daemon(held=HeldFile(house.directory))


def test_everything_comes_back_as_if_we_had_never_been(house: House) -> None:
    town = house.town
    deferred = town.submit()
    urgent = town.submit(make_contract(WorkloadClass.LATENCY_CRITICAL, urgency=90, max_delay=0))
    town.later(MINUTE)
    daemon(house).turn()
    assert CLEAN_AT <= town.eligible_from(deferred) < CLEAN_AT + 15 * MINUTE
    assert some(town.east.job(urgent).site_factor) > 0

    done = release_all(house.hands(), "enough")

    assert done.complete
    assert {key.job_id for key in done.jobs} == {deferred, urgent}
    assert town.eligible_from(deferred) <= town.clock.now()
    assert town.east.job(urgent).site_factor == 0
    assert house.application().released.reason() == "enough"
    assert (house.directory / "table").read_text() == f"off {town.clock.now()}"


def test_the_users_own_begin_is_the_floor(house: House) -> None:
    own = NOON + HOUR
    job = house.town.submit_annotated(make_annotation(user_begin=own), begin=own)
    daemon(house).turn()
    assert CLEAN_AT <= house.town.eligible_from(job) < CLEAN_AT + 15 * MINUTE
    assert release_all(house.hands(), "enough").complete
    assert house.town.eligible_from(job) == own


def test_what_a_person_changed_stays_and_is_listed(house: House) -> None:
    town = house.town
    job = town.submit()
    daemon(house).turn()
    town.east.set_begin(job, NOON + 5 * HOUR)
    done = release_all(house.hands(), "enough")
    assert [(one.job_id, one.why) for one in done.left] == [
        (job, "a person changed its begin time")
    ]
    assert town.eligible_from(job) == NOON + 5 * HOUR


def test_without_a_state_file_begin_times_come_back_and_unknown_points_are_listed(
    house: House,
) -> None:
    town = house.town
    deferred, boosted = town.submit(), town.submit()
    daemon(house).turn()
    town.east.set_begin(boosted, NOON)
    town.east.set_site_factor(boosted, 300)
    (house.directory / "held.json").unlink()
    done = release_all(house.hands(), "enough")
    assert town.eligible_from(deferred) <= town.clock.now()
    assert [one.why for one in done.left] == ["its SiteFactor 300 is not known to be ours"]


def test_a_damaged_state_file_is_told_and_does_not_stop_it(house: House) -> None:
    job = house.town.submit()
    daemon(house).turn()
    (house.directory / "held.json").write_text("{")
    done = release_all(house.hands(), "enough")
    assert "damaged" in done.problems[0]
    assert house.town.eligible_from(job) <= house.town.clock.now()


def test_what_slurm_refuses_is_listed_with_its_words(house: House) -> None:
    job = house.town.submit()
    daemon(house).turn()
    house.town.east.refuse(job, "Access/permission denied")
    done = release_all(house.hands(), "enough")
    (left,) = done.left
    assert (left.job_id, left.why) == (job, "Slurm refused: Access/permission denied")
    assert done.jobs == set()


def test_what_only_operators_may_reset_is_said_to_be_no_waiting(house: House) -> None:
    """Slurm lets a user change the begin time of a job of his, and not its SiteFactor."""
    town = house.town
    job = town.submit(make_contract(WorkloadClass.LATENCY_CRITICAL, urgency=90, max_delay=0))
    town.later(MINUTE)
    daemon(house).turn()
    assert some(town.east.job(job).site_factor) > 0
    town.east.refuse(job, "Access/permission denied")
    (left,) = release_job(house.hands(), job).left
    assert left.why.startswith("nothing keeps it waiting any more, but its SiteFactor stays; Slurm")


def test_a_cluster_that_does_not_answer_is_a_problem_not_an_end(house: House) -> None:
    house.town.submit()
    with house.town.east.silent():
        done = release_all(house.hands(), "enough")
    assert "no answer" in done.problems[0]
    assert house.application().released.reason() == "enough"


def test_a_second_release_finds_nothing_to_do(house: House) -> None:
    house.town.submit()
    daemon(house).turn()
    release_all(house.hands(), "enough")
    received = len(house.town.east.received)
    again = release_all(house.hands(), "enough")
    assert again.complete
    assert len(house.town.east.received) == received


def test_one_released_job_is_left_alone_from_then_on(house: House) -> None:
    town = house.town
    one, other = town.submit(), town.submit()
    running = daemon(house)
    running.turn()
    town.later(30)
    running.turn()
    assert {key.job_id for key in release_job(house.hands(), one).jobs} == {one}
    for cycle in (running, daemon(house)):
        cycle.turn()
        assert town.eligible_from(one) <= town.clock.now()
    assert CLEAN_AT <= town.eligible_from(other) < CLEAN_AT + 15 * MINUTE
    assert house.application().released.reason() is None


def test_a_job_that_is_not_ours_cannot_be_released(house: House) -> None:
    job = house.town.east.submit()
    with pytest.raises(InputError, match=f"job {job} is not pending here, or not ours"):
        release_job(house.hands(), job)


def test_a_live_daemon_sends_nothing_once_the_mark_is_there(house: House) -> None:
    town = house.town
    lead = UnlessReleased(town.lead, house.application().released)
    running = town.daemon(held=HeldFile(house.directory), lead=lead)
    job = town.submit()
    running.turn()
    release_all(house.hands(), "enough")
    running.turn()
    assert town.eligible_from(job) <= town.clock.now()
