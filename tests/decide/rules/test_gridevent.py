"""In a grid event nothing flexible starts, promises hold, and without events nothing changes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.decide.rules.gridevent import (
    after_events,
    event_leases,
    held_by_event,
    power_terms,
)
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.lease import Lease
from slurm_energy.model.power import GridEvent, Origin, PowerLimit
from tests.builders import HOUR, NOON, make_annotation, make_subject, some

TURN = 30
EVALUATION, NEARLINE = WorkloadClass.EVALUATION, WorkloadClass.NEARLINE
TRAINING, URGENT = WorkloadClass.TRAINING, WorkloadClass.LATENCY_CRITICAL


def event(start: int, hours: float, watts: float = 1_000.0) -> GridEvent:
    return GridEvent(start, start + int(hours * HOUR), watts, "TSO demand response")


NOW_AND_AFTER = PowerLimit(events=(event(NOON - HOUR, 2), event(NOON + HOUR, 1)))
"""In force for an hour more, and then another one without a gap."""


def held(
    limit: PowerLimit | None, *, latest: int | None = NOON + 24 * HOUR, begin: int = 0
) -> int | None:
    """What the events impose on a job of ours at noon."""
    subject = make_subject(annotation=make_annotation(user_begin=begin))
    return held_by_event(subject, latest, limit, NOON, TURN)


def test_a_flexible_job_waits_for_the_end_of_all_that_follow_one_another() -> None:
    assert held(NOW_AND_AFTER) == NOON + 2 * HOUR


def test_its_latest_start_stands_above_the_event() -> None:
    assert held(NOW_AND_AFTER, latest=NOON + 600) == NOON + 600
    assert held(NOW_AND_AFTER, latest=NOON - 600) is None
    assert held(NOW_AND_AFTER, latest=None) is None


def test_an_event_that_begins_before_the_next_turn_finds_nobody_starting() -> None:
    soon, later = NOON + TURN - 1, NOON + TURN
    assert held(PowerLimit(events=(event(soon, 1),))) == soon + HOUR
    assert held(PowerLimit(events=(event(later, 1),))) is None


def test_a_users_own_begin_inside_an_event_waits_for_its_end_too() -> None:
    assert held(NOW_AND_AFTER, begin=NOON + 90 * 60) == NOON + 2 * HOUR
    assert held(NOW_AND_AFTER, begin=NOON + 2 * HOUR) is None


@pytest.mark.parametrize("limit", [None, PowerLimit(), PowerLimit(contract=5e5)])
def test_without_an_event_nobody_is_held(limit: PowerLimit | None) -> None:
    assert held(limit) is None
    found = [Lease(EVALUATION, NOON + HOUR)]
    assert event_leases(found, limit, {EVALUATION: HOUR, TRAINING: HOUR}, NOON, TURN) is found
    starts = np.array([NOON, NOON + HOUR])
    assert after_events(starts, starts + HOUR, limit).tolist() == starts.tolist()


spans = st.lists(st.tuples(st.integers(-7200, 7200), st.integers(1, 7200)), max_size=4)


def limit_of(found: list[tuple[int, int]]) -> PowerLimit:
    return PowerLimit(
        events=tuple(GridEvent(NOON + a, NOON + a + b, 1_000, "test") for a, b in found)
    )


@given(spans, st.integers(-3600, 20_000), st.integers(0, 9000))
def test_it_is_held_within_its_promise_and_never_below_its_own_begin(
    found: list[tuple[int, int]], room: int, begin: int
) -> None:
    limit = limit_of(found)
    imposed = held(limit, latest=NOON + room, begin=NOON + begin)
    if imposed is not None:
        assert NOON + begin < imposed <= NOON + room
        assert imposed == NOON + room or limit.holding_between(imposed, imposed + 1) is None
    elif begin < room:
        assert limit.holding_between(NOON + begin, NOON + begin + 1) is None


@given(spans, st.integers(0, 9000), st.integers(0, 9000))
def test_a_chosen_start_leaves_the_events_and_stays_within_its_promise(
    found: list[tuple[int, int]], start: int, room: int
) -> None:
    limit = limit_of(found)
    chosen, latest = NOON + start, NOON + start + room
    (moved,) = after_events(np.array([chosen]), np.array([latest]), limit).tolist()
    assert moved == min(limit.clear_from(chosen), latest)


def test_a_limit_that_jobs_share_holds_nobody() -> None:
    """A contract's evening: what runs shares the watts, and nothing waits for its end alone."""
    shared = GridEvent(
        NOON - HOUR, NOON + 5 * HOUR, 500.0, "contract", Origin.SCHEDULE, holds=False
    )
    limit = PowerLimit(events=(shared,))
    assert held(limit) is None
    assert event_leases([], limit, {EVALUATION: HOUR}, NOON, TURN) == []
    assert after_events(np.array([NOON]), np.array([NOON + HOUR]), limit).tolist() == [NOON]
    assert limit.at(NOON) == 500
    assert power_terms(limit, None, NOON, NOON)["grid_event"] == "contract"
    both = PowerLimit(events=(shared, *NOW_AND_AFTER.events))
    assert held(both) == NOON + 2 * HOUR
    # the job waits for the operator's event, though the contract is tighter
    assert power_terms(both, None, NOON, NOON)["grid_event"] == "TSO demand response"
    assert power_terms(both, None, NOON, NOON)["power_limit"] == 500


def test_every_class_that_may_wait_is_leased_and_keeps_the_longer_lease() -> None:
    found = [Lease(TRAINING, NOON + 5 * HOUR)]
    delays = {EVALUATION: 12 * HOUR, TRAINING: 24 * HOUR, NEARLINE: 600, URGENT: 0}
    assert event_leases(found, NOW_AND_AFTER, delays, NOON, TURN) == [
        Lease(TRAINING, NOON + 5 * HOUR),
        Lease(EVALUATION, NOON + 2 * HOUR),
        Lease(NEARLINE, NOON + 600),
    ]


def test_what_power_did_is_told_with_its_numbers() -> None:
    limit = PowerLimit(contract=800_000, events=NOW_AND_AFTER.events)
    assert power_terms(limit, 5_320.4, NOON + 2 * HOUR, NOON) == {
        "predicted_watts": 5_320,
        "power_limit": 800_000,
        "grid_event": "TSO demand response",
        "grid_event_from": "file",
        "grid_event_watts": 1_000,
        "grid_event_end": NOON + 2 * HOUR,
    }
    assert power_terms(limit, float("nan"), NOON, NOON)["predicted_watts"] is None
    assert power_terms(limit, None, NOON, NOON)["power_limit"] == 1_000
    assert power_terms(PowerLimit(), 1.0, NOON, NOON)["grid_event"] is None


def test_without_settings_nothing_is_told() -> None:
    assert power_terms(None, 5_320.0, NOON, NOON) == {}


def test_the_tightest_of_contract_and_events_holds() -> None:
    limit = PowerLimit(3_000, events=(event(NOON, 2), event(NOON + HOUR, 2, watts=500.0)))
    moments = (NOON - 1, NOON, NOON + HOUR, NOON + 2 * HOUR, NOON + 3 * HOUR)
    assert [limit.at(moment) for moment in moments] == [3_000, 1_000, 500, 500, 3_000]
    assert some(limit.holding_between(NOON, NOON + 3 * HOUR)).watts == 500
    assert PowerLimit().at(NOON) is None
