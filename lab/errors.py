"""The one error of the laboratory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class LabError(Exception):
    """One line that names the value and the cure; `log` is the file that holds the whole story."""

    def __init__(self, line: str, log: Path | None = None) -> None:
        super().__init__(line)
        self.log = log

    def tail(self, lines: int = 15) -> str:
        """Return the last lines of the log, or nothing when there is none."""
        if self.log is None or not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
