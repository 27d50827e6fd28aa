"""One cluster's events from every source: the lowest kW holds, and its reason is told."""

from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.decide.rules.gridevent import event_terms
from slurm_energy.model.calendar import Band
from slurm_energy.model.power import GridEvent, GridEvents, Origin, PowerLimit
from slurm_energy.signals.eventsfile import EventsFile
from slurm_energy.signals.posted import PostedEvents, PostedTo
from slurm_energy.signals.power import ClusterPower, Power
from slurm_energy.signals.schedule import Recurring, Schedule
from slurm_energy.state.posted import PostedFile
from tests.builders import HOUR, NOON, some

CONTRACT = PowerLimit(contract=800_000)


class Told:
    """A source as a test has it."""

    def __init__(self, *events: GridEvent, problem: str | None = None) -> None:
        self._told = GridEvents(events, () if problem is None else (problem,))

    def read(self, now: int) -> GridEvents:  # noqa: ARG002
        return self._told


def nothing_wrong() -> str | None:
    return None


def posted(
    directory: Path, now: int, problem: Callable[[], str | None] = nothing_wrong
) -> PostedTo:
    """An event of 100 kW for an hour from ``now`` on."""
    events = PostedEvents(PostedFile(directory), ["east"])
    request = {"start": str(now), "end": str(now + HOUR), "kw": 100, "reason": "operator"}
    events.post(request, now)
    return PostedTo(events, "east", problem)


def test_file_webhook_and_schedule_hold_together_and_the_lowest_counts(tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    file.write_text(f"start,end,kw,reason\n{NOON},{NOON + 2 * HOUR},300,from the file\n")
    always = Schedule([Recurring(Band(ZoneInfo("UTC")), 200_000, "contract")], HOUR)
    source = Power(
        {"east": ClusterPower(CONTRACT, [EventsFile(file), always, posted(tmp_path, NOON)])}
    )
    limit = source.read(NOON)["east"]
    seen = {
        moment: (limit.at(moment), some(limit.binding(moment)).origin)
        for moment in (NOON - 1, NOON, NOON + HOUR, NOON + 2 * HOUR)
    }
    assert seen == {
        NOON - 1: (200_000, Origin.SCHEDULE),
        NOON: (100_000, Origin.WEBHOOK),
        NOON + HOUR: (200_000, Origin.SCHEDULE),
        NOON + 2 * HOUR: (200_000, Origin.SCHEDULE),
    }
    # what holds jobs is what an operator asked for, the file's event longest
    assert limit.clear_from(NOON) == NOON + 2 * HOUR
    assert event_terms(limit, NOON) == {
        "grid_event": "operator",
        "grid_event_from": "webhook",
        "grid_event_watts": 100_000,
        "grid_event_end": NOON + 2 * HOUR,
    }
    assert event_terms(limit, NOON + 2 * HOUR)["grid_event_from"] == "schedule"


def test_events_that_are_over_are_left_out() -> None:
    event = GridEvent(NOON, NOON + HOUR, 5, "x")
    source = Power({"east": ClusterPower(CONTRACT, [Told(event)]), "west": ClusterPower(CONTRACT)})
    assert source.read(NOON)["east"] == PowerLimit(contract=800_000, events=(event,))
    assert source.read(NOON + HOUR)["east"] == source.read(NOON)["west"] == CONTRACT


def test_every_sources_problems_are_told() -> None:
    sources = [Told(problem="the file is gone"), Told(problem="the token is gone")]
    (limit,) = Power({"east": ClusterPower(CONTRACT, sources)}).read(NOON).values()
    assert limit.problems == ("the file is gone", "the token is gone")


def test_without_settings_a_cluster_has_a_limit_only_while_an_event_is_posted(
    tmp_path: Path,
) -> None:
    source = Power({"east": ClusterPower(None, [posted(tmp_path, NOON)])})
    assert source.read(NOON)["east"].at(NOON) == 100_000
    assert source.read(NOON + HOUR) == {}


def test_why_nobody_can_post_is_told(tmp_path: Path) -> None:
    source = posted(tmp_path, NOON, lambda: "/etc/token can't be read")
    (limit,) = Power({"east": ClusterPower(None, [source])}).read(NOON + HOUR).values()
    assert limit.problems == ("/etc/token can't be read",)


def test_a_damaged_store_is_told_and_its_events_stand(tmp_path: Path) -> None:
    source = posted(tmp_path, NOON)
    before = source.read(NOON)
    (tmp_path / "grid-events.json").write_text("{")
    after = source.read(NOON)
    assert after.events == before.events
    assert "is damaged" in after.problems[0]


def test_without_settings_no_cluster_has_a_limit() -> None:
    assert Power({}).read(0) == {}


events = st.lists(
    st.builds(
        lambda start, length, watts, holds: GridEvent(
            start, start + length, float(watts), f"{watts}", holds=holds
        ),
        st.integers(0, 50),
        st.integers(1, 50),
        st.integers(0, 9),
        st.booleans(),
    ),
    max_size=6,
)


@given(events, events, st.integers(0, 100), st.sampled_from([None, 5.0]))
def test_the_lowest_of_all_that_hold_is_the_limit_and_is_named(
    one: list[GridEvent], other: list[GridEvent], moment: int, contract: float | None
) -> None:
    power = ClusterPower(PowerLimit(contract), [Told(*one), Told(*other)])
    limit = Power({"east": power}).read(0)["east"]
    bounds = [event.watts for event in one + other if event.start <= moment < event.end]
    lowest = min([*bounds, *([] if contract is None else [contract])], default=None)
    assert limit.at(moment) == lowest
    named = limit.binding(moment)
    assert (named is not None) == (lowest in bounds and bounds != [])
    assert named is None or (named.watts == lowest and named.start <= moment < named.end)
