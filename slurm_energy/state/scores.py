"""How good each source of forecasts has been, kept over restarts."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from slurm_energy.model.scores import Score, Scores, Window
from slurm_energy.state.files import replace

DIRECTORY = "forecasts"


class ScoreFile:
    """One small file a cluster and signal; what can't be read is learned anew."""

    def __init__(self, directory: Path, name: str) -> None:
        self._path = directory / DIRECTORY / f"{re.sub(r'[^A-Za-z0-9.-]+', '_', name)}.json"

    def load(self) -> Scores | None:
        """As saved last; None where nothing readable was. Never raises."""
        try:
            return _scores(json.loads(self._path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def save(self, scores: Scores) -> None:
        """Durable when this returns. Raises ``OSError``."""
        self._path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        replace(self._path, f"{json.dumps(asdict(scores))}\n")


def _scores(found: Mapping[str, Any]) -> Scores:
    """Raises for content that is no record."""
    return Scores(
        judged=int(found["judged"]),
        by_source={
            str(source): Score(
                at=int(one["at"]),
                weight=_positive(one["weight"]),
                rank=_number(one["rank"]),
                places=_numbers(one["places"], 5),
                error=_numbers(one["error"], 3),
                bias=_numbers(one["bias"], 3),
            )
            for source, one in found["by_source"].items()
        },
        waiting=tuple(
            Window(str(one["source"]), int(one["start"]), _numbers(one["values"], 24))
            for one in found["waiting"]
        ),
    )


def _numbers(found: list[Any], count: int) -> tuple[float, ...]:
    numbers = tuple(map(_number, found))
    if len(numbers) != count:
        raise ValueError(f"{len(numbers)} numbers, not {count}")
    return numbers


def _number(found: Any) -> float:
    number = float(found)
    if not math.isfinite(number):
        raise ValueError(f"{found} is no number")
    return number


def _positive(found: Any) -> float:
    number = _number(found)
    if number <= 0:
        raise ValueError(f"{found} is no weight")
    return number
