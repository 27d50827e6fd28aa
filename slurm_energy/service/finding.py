"""One check of ``doctor``: how it ended, what was seen and what to do."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: its name, what was seen in one line, and what to do where that is wrong."""

    verdict: Verdict
    name: str
    seen: str
    cure: str = ""
