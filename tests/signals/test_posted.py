"""Grid events that are posted: what is taken, what is refused and how, and what is left of them."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.errors import LedgerError, SeriesError
from slurm_energy.model.power import GridEvent, Origin, PostedEvent
from slurm_energy.signals.eventrow import LONGEST
from slurm_energy.signals.posted import MOST, PostedEvents
from slurm_energy.state.posted import PostedFile

START, END = 1_768_489_200, 1_768_500_000
EVENT: Mapping[str, Any] = {
    "cluster": "east",
    "start": "2026-01-15T16:00+01:00",
    "end": "2026-01-15T19:00+01:00",
    "kw": 250,
    "reason": "TSO demand response",
}
NAME = f"east-{START}-{END}"


@pytest.fixture
def events(tmp_path: Path) -> PostedEvents:
    return PostedEvents(PostedFile(tmp_path), ["east", "west"])


def names(events: PostedEvents, now: int = START) -> list[str]:
    return [one.name for one in events.listed(now)]


def test_an_event_is_taken_and_named_after_cluster_and_times(events: PostedEvents) -> None:
    name, taken, changed = events.post(EVENT, START)
    assert (name, changed) == (NAME, True)
    assert taken is not None
    assert taken.event == GridEvent(START, END, 250_000, EVENT["reason"], Origin.WEBHOOK)
    assert list(events.listed(START)) == [taken]


def test_the_same_event_again_changes_nothing(events: PostedEvents) -> None:
    events.post(EVENT, START)
    assert events.post(EVENT, START)[2] is False
    assert names(events) == [NAME]


def test_another_kw_for_the_same_times_replaces_it(events: PostedEvents) -> None:
    events.post(EVENT, START)
    assert events.post({**EVENT, "kw": 0.5}, START)[2]
    assert [one.event.watts for one in events.listed(START)] == [500]


def test_an_id_of_the_sender_lets_him_move_the_event(events: PostedEvents) -> None:
    events.post({**EVENT, "id": "tso-7"}, START)
    events.post({**EVENT, "id": "tso-7", "end": "2026-01-15T20:00+01:00"}, START)
    assert [(one.name, one.event.end) for one in events.listed(START)] == [("tso-7", END + 3600)]


def test_overlapping_events_are_all_kept(events: PostedEvents) -> None:
    events.post({**EVENT, "id": "a"}, START)
    events.post({**EVENT, "id": "b", "kw": 100, "start": "2026-01-15T17:00+01:00"}, START)
    assert names(events) == ["a", "b"]


@pytest.mark.parametrize("kilowatts", [None, ""])
def test_without_kw_an_event_is_taken_back(events: PostedEvents, kilowatts: object) -> None:
    events.post(EVENT, START)
    assert events.post({**EVENT, "kw": kilowatts}, START) == (NAME, None, True)
    assert events.post({**EVENT, "kw": kilowatts}, START) == (NAME, None, False)
    events.post({**EVENT, "id": "tso-7"}, START)
    assert events.post({"cluster": "east", "id": "tso-7", "kw": kilowatts}, START)[2]
    assert names(events) == []


def test_it_is_gone_when_it_is_over(events: PostedEvents, tmp_path: Path) -> None:
    events.post(EVENT, START)
    assert names(events, END - 1) == [NAME]
    assert names(events, END) == []
    events.post({**EVENT, "end": "2026-01-16T19:00+01:00", "id": "later"}, END)
    assert [one.name for one in PostedFile(tmp_path).load()] == ["later"]


def test_it_survives_a_restart(events: PostedEvents, tmp_path: Path) -> None:
    events.post(EVENT, START)
    assert names(PostedEvents(PostedFile(tmp_path), ["east", "west"])) == [NAME]


def test_a_single_cluster_need_not_be_named(tmp_path: Path) -> None:
    one = PostedEvents(PostedFile(tmp_path), ["solo"])
    one.post({key: value for key, value in EVENT.items() if key != "cluster"}, START)
    assert one.listed(START)[0].cluster == "solo"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"cluster": "north"}, "cluster 'north' is unknown; allowed: east, west"),
        ({"cluster": ["east"]}, "cluster ['east'] is unknown"),
        ({"cluster": None}, "cluster is missing; allowed: east, west; send an event for each"),
        (
            {"start": "2026-01-15T16:00"},
            "start: time '2026-01-15T16:00': expected ISO 8601 with an",
        ),
        ({"start": None}, "start is missing; write it such as 2026-01-15T16:00+01:00"),
        ({"end": "soon"}, "end: time 'soon': expected ISO 8601 with an offset"),
        ({"end": 1768500000}, "end 1768500000: expected a text"),
        ({"end": "2026-01-15T16:00+01:00"}, "it lasts 0 s; allowed is up to 7 days"),
        ({"end": "2026-01-15T15:00+01:00"}, "it lasts -3600 s; allowed is up to 7 days"),
        ({"end": "2027-01-15T15:00+01:00"}, "allowed is up to 7 days after its start"),
        ({"start": "2026-01-14T16:00Z", "end": "2026-01-15T15:00Z"}, "it is over; send one that"),
        ({"kw": -1}, "kw -1: allowed is 0 to 1e+06; write the kW that may still be drawn"),
        ({"kw": 2e6}, "kw 2e+06: allowed is 0 to 1e+06"),
        ({"kw": 10**400}, "kw inf: allowed is 0 to 1e+06"),
        ({"kw": float("nan")}, "kw nan: allowed is 0 to 1e+06"),
        ({"kw": "250"}, "kw '250': expected a number such as 250"),
        ({"kw": True}, "kw True: expected a number"),
        ({"reason": "a\nb"}, "reason 'a\\nb': expected a text of printable characters"),
        ({"reason": 7}, "reason 7: expected a text"),
        ({"id": "../x"}, "id '../x': allowed are 1 to 64 letters, digits, '.', '_' or '-'"),
        ({"id": ""}, "id ''"),
        ({"until": "x"}, "'until' is no field of an event; allowed: cluster, id, start, end, kw"),
    ],
)
def test_a_wrong_event_is_refused_in_one_line_and_nothing_is_changed(
    events: PostedEvents, changes: dict[str, Any], told: str
) -> None:
    events.post(EVENT, START)
    with pytest.raises(SeriesError, match=re.escape(told)) as error:
        events.post({**EVENT, **changes}, START)
    assert "\n" not in str(error.value)
    assert names(events) == [NAME]


@pytest.mark.parametrize("request_", [None, [], "x", 5])
def test_what_is_no_object_is_refused(events: PostedEvents, request_: object) -> None:
    with pytest.raises(SeriesError, match="expected one JSON object with cluster, id, start"):
        events.post(request_, START)


class KeptPosted:
    """A store in memory."""

    def __init__(self) -> None:
        self.saved: Sequence[PostedEvent] = ()

    def load(self) -> Sequence[PostedEvent]:
        return self.saved

    def save(self, posted: Sequence[PostedEvent]) -> None:
        self.saved = tuple(posted)


plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
times = st.integers(START - 9 * 86400, START + 9 * 86400).map(str) | st.sampled_from(
    ["2026-01-15T16:00", "2026-01-15T16:00Z", "2026-01-15T16:00+25:00", "9999-12-31T23:59Z", ""]
)
requests = st.one_of(
    plain,
    st.lists(plain, max_size=3),
    st.fixed_dictionaries(
        {},
        optional={
            "cluster": st.sampled_from(["east", "west", "north"]) | plain,
            "id": st.sampled_from(["a", "b"]) | plain,
            "start": times | plain,
            "end": times | plain,
            "kw": st.floats(-1, 2e6) | plain,
            "reason": plain,
            "other": plain,
        },
    ),
)


@given(st.lists(requests, max_size=5), st.integers(START - 86400, END))
def test_whatever_is_posted_what_is_kept_is_a_sound_event(found: list[Any], now: int) -> None:
    events = PostedEvents(KeptPosted(), ["east", "west"])
    for request in found:
        with suppress(SeriesError):
            events.post(request, now)
    for one in events.listed(now):
        assert one.cluster in ("east", "west")
        assert one.event.start < one.event.end <= one.event.start + LONGEST
        assert now < one.event.end
        assert 0 <= one.event.watts <= 1e9
        assert one.event.reason.isprintable()
        assert one.event.origin is Origin.WEBHOOK
    names = [one.name for one in events.listed(now)]
    assert len(set(names)) == len(names)


def test_there_is_a_bound(events: PostedEvents, tmp_path: Path) -> None:
    one = GridEvent(START, END, 0.0, "x", Origin.WEBHOOK)
    PostedFile(tmp_path).save([PostedEvent(f"e{n}", "east", one) for n in range(MOST)])
    with pytest.raises(SeriesError, match="1000 events are known, allowed are 1000; take some"):
        events.post({**EVENT, "id": "more"}, START)
    assert events.post({**EVENT, "id": "e7", "kw": 1}, START)[2]


def test_what_cannot_be_kept_is_not_taken(tmp_path: Path) -> None:
    events = PostedEvents(PostedFile(tmp_path / "gone"), ["east"])
    with pytest.raises(LedgerError, match=r"grid-events.json can't be written: No such file"):
        events.post(EVENT, START)
    assert names(events) == []
