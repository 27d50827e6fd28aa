"""Posted events survive a restart; a damaged file is told, with the cure."""

from pathlib import Path

import pytest

from slurm_energy.errors import LedgerError
from slurm_energy.model.power import GridEvent, Origin, PostedEvent
from slurm_energy.state.posted import POSTED_FILE, PostedFile

POSTED = (
    PostedEvent("tso-7", "east", GridEvent(100, 200, 250_000.5, "Störung", Origin.WEBHOOK)),
    PostedEvent("x", "west", GridEvent(100, 300, 0.0, "test", Origin.WEBHOOK, holds=False)),
)


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    file = PostedFile(tmp_path)
    assert file.load() == ()
    file.save(POSTED)
    assert file.load() == PostedFile(tmp_path).load() == POSTED
    file.save(())
    assert file.load() == ()


def test_what_another_writes_is_seen(tmp_path: Path) -> None:
    ours, theirs = PostedFile(tmp_path), PostedFile(tmp_path)
    ours.save(POSTED)
    theirs.save(POSTED[:1])
    assert ours.load() == POSTED[:1]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "7",
        '{"version": 2, "events": []}',
        '{"version": 1}',
        '{"version": 1, "events": [["a", "b"]]}',
        '{"version": 1, "events": [["a", "b", 1, 2, 3, "r", "nowhere", true]]}',
    ],
)
def test_a_damaged_file_is_told_every_time(tmp_path: Path, text: str) -> None:
    (tmp_path / POSTED_FILE).write_text(text)
    file = PostedFile(tmp_path)
    for _ in range(2):
        with pytest.raises(LedgerError, match=r"is damaged .*; remove it and post the events"):
            file.load()


def test_a_directory_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=r"grid-events.json can't be written: No such file"):
        PostedFile(tmp_path / "gone").save(POSTED)
