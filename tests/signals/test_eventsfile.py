"""The file of grid events: read again when it changes, refused by line, old events standing."""

import os
from pathlib import Path

import pytest

from slurm_energy.model.power import GridEvent
from slurm_energy.signals.eventsfile import EventsFile

NOW = 1_768_489_200
HEADER = "start,end,kw,reason\n"
ROW = "2026-01-15T16:00+01:00,2026-01-15T19:00+01:00,250,TSO demand response\n"
EVENT = GridEvent(1_768_489_200, 1_768_500_000, 250_000.0, "TSO demand response")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.csv"


def replace(path: Path, text: str) -> None:
    """As an administrator should: a new file beside it, renamed."""
    beside = path.with_suffix(".new")
    beside.write_text(text)
    os.replace(beside, path)  # noqa: PTH105


def test_an_event_has_a_time_a_limit_and_a_reason(path: Path) -> None:
    path.write_text("# from the operator\n" + HEADER + "\n" + ROW)
    assert EventsFile(path).read(NOW).events == (EVENT,)


def test_columns_may_stand_in_any_order_and_times_be_epochs(path: Path) -> None:
    path.write_text("KW,reason,end,start,id\n0,,1768500000,1768489200,x7\n")
    (event,) = EventsFile(path).read(NOW).events
    assert event == GridEvent(1_768_489_200, 1_768_500_000, 0.0, "grid event")


def test_events_come_by_their_start(path: Path) -> None:
    path.write_text(HEADER + "1768500000,1768500060,1,late\n" + ROW)
    assert [event.reason for event in EventsFile(path).read(NOW).events] == [EVENT.reason, "late"]


@pytest.mark.parametrize("text", ["", HEADER, "# nothing\n"])
def test_no_rows_are_no_events_and_no_problem(path: Path, text: str) -> None:
    path.write_text(text)
    read = EventsFile(path).read(NOW)
    assert (read.events, read.problems) == ((), ())


def test_a_changed_file_is_read_again(path: Path) -> None:
    path.write_text(HEADER)
    file = EventsFile(path)
    assert file.read(NOW).events == ()
    replace(path, HEADER + ROW)
    assert file.read(NOW).events == (EVENT,)
    replace(path, HEADER)
    assert file.read(NOW).events == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("start,end,kw\n1,2,3\n", "line 1: no column reason; begin with start,end,kw,reason"),
        (HEADER + "2026-01-15T16:00,1768500000,1,x\n", "line 2: start: time '2026-01-15T16:00'"),
        (HEADER + "1768489200,1768489200,1,x\n", "line 2: end '1768489200': it lasts 0 s"),
        (HEADER + "1768489200,1799000000,1,x\n", "allowed is up to 7 days after its start"),
        (HEADER + ROW + "1768489200,1768500000,-1,x\n", "line 3: kw -1: allowed is 0 to 1e+06"),
        (HEADER + "1768489200,1768500000,2e6,x\n", "kw 2e+06: allowed is 0 to 1e+06"),
        (HEADER + "1768489200,1768500000,lots,x\n", "line 2: value 'lots'"),
        (HEADER + "1768489200\n", "line 2: value ''"),
        (HEADER + '1,2,3,"x\n', "line 2: not CSV"),
    ],
)
def test_a_faulty_file_is_refused_by_line_and_the_events_before_it_stand(
    path: Path, text: str, told: str
) -> None:
    path.write_text(HEADER + ROW)
    file = EventsFile(path)
    file.read(NOW)
    replace(path, text)
    read = file.read(NOW)
    assert read.events == (EVENT,)
    assert told in read.problems[0]
    assert read.problems[0].endswith("the previous events stand")
    assert file.read(NOW) == read


def test_many_faults_are_counted(path: Path) -> None:
    path.write_text(HEADER + "x,x,x,x\n" * 15)
    problems = EventsFile(path).read(NOW).problems
    assert len(problems) == 11
    assert "5 more faulty lines" in problems[-1]


@pytest.mark.parametrize(
    ("content", "told"), [(b"\xff\xfe", "UTF-8"), (b"x" * 1_100_000, "larger than 1048576 bytes")]
)
def test_what_is_no_table_is_refused(path: Path, content: bytes, told: str) -> None:
    path.write_bytes(content)
    assert told in EventsFile(path).read(NOW).problems[0]


def test_a_file_that_goes_away_is_told_and_its_events_stand(path: Path) -> None:
    path.write_text(HEADER + ROW)
    file = EventsFile(path)
    file.read(NOW)
    path.unlink()
    read = file.read(NOW)
    assert read.events == (EVENT,)
    assert "No such file or directory; the previous events stand" in read.problems[0]
