"""Each cluster's highest draw of the month, kept over restarts for the demand charge."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from slurm_energy.errors import LedgerError
from slurm_energy.model.power import Peak
from slurm_energy.state.files import replace

PEAKS_FILE = "peaks.json"


class PeakFile:
    """One small file; what can't be read is not known, and the usual peak stands in."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / PEAKS_FILE

    def load(self) -> Mapping[str, Peak]:
        """By cluster; empty where nothing readable was saved. Never raises."""
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
            return {
                str(cluster): Peak(int(one["month"]), float(one["watts"]), _before(one))
                for cluster, one in found.items()
            }
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return {}

    def save(self, peaks: Mapping[str, Peak]) -> None:
        """Durable when this returns. Raises ``LedgerError``."""
        text = json.dumps({cluster: asdict(peak) for cluster, peak in peaks.items()})
        try:
            replace(self._path, f"{text}\n")
        except OSError as error:
            told = f"{self._path} can't be written: {error.strerror}"
            raise LedgerError(f"{told}; the month's peak is lost at a restart") from error


def _before(one: Mapping[str, float | None]) -> float | None:
    """The month before; a file of an older version knows of none."""
    watts = one.get("before")
    return None if watts is None else float(watts)
