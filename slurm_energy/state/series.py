"""Each provider's last good series, kept over restarts with its own age."""

import json
import re
from pathlib import Path

from slurm_energy.model.series import Kind, Series, Signal
from slurm_energy.state.files import replace

DIRECTORY = "signals"


class SeriesFiles:
    """One file a name; what can't be read is not known, and the provider is asked again."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory / DIRECTORY

    def load(self, name: str) -> Series | None:
        """As saved last; None where nothing readable was. Never raises."""
        try:
            return _series(json.loads(self._path(name).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, KeyError, IndexError):
            return None

    def save(self, name: str, series: Series) -> None:
        """Durable when this returns. Raises ``OSError``."""
        self._directory.mkdir(mode=0o750, parents=True, exist_ok=True)
        content = {
            "signal": series.signal.name,
            "kind": series.kind.name if series.kind else None,
            "source": series.source,
            "issued": series.issued,
            "end": series.end,
            "times": series.times,
            "values": series.values,
            "gaps": series.gaps,
        }
        replace(self._path(name), f"{json.dumps(content)}\n")

    def _path(self, name: str) -> Path:
        return self._directory / f"{re.sub(r'[^A-Za-z0-9.-]+', '_', name)}.json"


def _series(found: dict[str, object]) -> Series:
    """Raises for content that is no series: also for times out of order."""
    times, values = found["times"], found["values"]
    if not (isinstance(times, list) and isinstance(values, list)):
        raise TypeError("times and values are lists")
    end, issued = int(str(found["end"])), int(str(found["issued"]))
    if len(times) != len(values) or not times or sorted(set(times)) != times or end <= times[-1]:
        raise ValueError("no series")
    return Series(
        signal=Signal[str(found["signal"])],
        times=tuple(int(time) for time in times),
        values=tuple(float(value) for value in values),
        end=end,
        issued=issued,
        source=str(found["source"]),
        kind=Kind[str(found["kind"])] if found["kind"] else None,
        gaps=_gaps(found.get("gaps", [])),
    )


def _gaps(found: object) -> tuple[tuple[int, int], ...]:
    """Raises ``TypeError`` or ``ValueError`` for what is no list of pairs."""
    if not isinstance(found, list):
        raise TypeError("gaps are a list")
    return tuple((int(first), int(last)) for first, last in found)
