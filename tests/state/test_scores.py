"""What is known of each source of forecasts survives a restart; a damaged file is learned anew."""

import json
from pathlib import Path
from typing import Any

import pytest

from slurm_energy.model.scores import Score, Scores, Window
from slurm_energy.state.scores import DIRECTORY, ScoreFile

SCORES = Scores(
    judged=1_795_450_000,
    by_source={
        "provider": Score(1, 20.5, 17.25, (1.0, 2.0, 3.0, 4.0, 5.0), (9.5, 8.0, 7.0), (-1, 0, 1))
    },
    waiting=(Window("learned", 3600, tuple(float(hour) for hour in range(24))),),
)


def test_what_was_saved_is_loaded_each_under_its_name(tmp_path: Path) -> None:
    ScoreFile(tmp_path, "east-carbon").save(SCORES)
    ScoreFile(tmp_path, "west/../carbon").save(Scores(0, {}, ()))
    assert ScoreFile(tmp_path, "east-carbon").load() == SCORES
    assert ScoreFile(tmp_path, "west/../carbon").load() == Scores(0, {}, ())
    assert {path.parent for path in tmp_path.rglob("*.json")} == {tmp_path / DIRECTORY}


def test_no_file_is_no_record(tmp_path: Path) -> None:
    assert ScoreFile(tmp_path, "east-carbon").load() is None


def damaged(**changes: Any) -> str:
    one = {"at": 1, "weight": 1, "rank": 1, "places": [0] * 5, "error": [0] * 3, "bias": [0] * 3}
    record = {"judged": 1, "by_source": {"provider": one | changes}, "waiting": []}
    return json.dumps(record)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "7",
        "{}",
        damaged(weight=0),
        damaged(rank=float("nan")),
        damaged(places=[0]),
        damaged(error="high"),
        '{"judged": 1, "by_source": [], "waiting": []}',
        '{"judged": 1, "by_source": {}, "waiting": [{"source": "a", "start": 1, "values": [1]}]}',
    ],
)
def test_a_damaged_file_is_no_record(tmp_path: Path, text: str) -> None:
    ScoreFile(tmp_path, "east").save(SCORES)
    (tmp_path / DIRECTORY / "east.json").write_text(text)
    assert ScoreFile(tmp_path, "east").load() is None


def test_a_directory_that_can_not_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / DIRECTORY).write_text("in the way")
    with pytest.raises(OSError, match="File exists"):
        ScoreFile(tmp_path, "east").save(SCORES)
