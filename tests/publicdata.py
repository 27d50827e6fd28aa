"""Where the public traces and grids are, and the mark of a test that reads them."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

Test = TypeVar("Test", bound=Callable[..., None])

DATA = Path(
    os.environ.get("SLURM_ENERGY_DATA")
    or Path(__file__).resolve().parents[1].parent / "shared" / "data"
)
GRIDS = DATA / "carbon" / "2022_hourly.csv"

marks = [
    pytest.mark.public_data,
    pytest.mark.skipif(
        not GRIDS.is_file(),
        reason=f"no public data in {DATA}: name its directory in SLURM_ENERGY_DATA",
    ),
]
"""For a module: ``pytestmark = marks``."""


def needed(test: Test) -> Test:
    """Marks a test that reads the public data; it is skipped where there is none."""
    for mark in marks:
        test = mark(test)
    return test
