"""Small signal files and series with sensible defaults."""

import os
from pathlib import Path

from slurm_energy.model.series import Series, Signal

NOON = 1_772_366_400  # 2026-03-01T12:00:00Z


def csv_text(*rows: str, header: str = "time,value,unit") -> str:
    return "\n".join((header, *rows)) + "\n"


def write(path: Path, text: str, modified: int = NOON) -> Path:
    """Replaces the file as a careful writer does: a new file, renamed over the old one."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    os.utime(fresh, (modified, modified))
    fresh.rename(path)
    return path


def make_series(
    *values: float,
    signal: Signal = Signal.CARBON,
    start: int = NOON,
    step: int = 3600,
    issued: int = NOON,
) -> Series:
    times = tuple(start + step * index for index in range(len(values)))
    return Series(signal, times, values, start + step * len(values), issued, "made")
