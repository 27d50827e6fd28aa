"""The laboratory for tests: brought up once, shared by all, taken down at the end."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lab import lifecycle
from lab.laboratory import Lab

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """Two federated clusters with the working tree installed; kept by SLURM_ENERGY_LAB_KEEP=1."""
    instance = Lab.open(os.environ.get("SLURM_ENERGY_LAB", "test"))
    lifecycle.up(instance)
    yield instance
    if os.environ.get("SLURM_ENERGY_LAB_KEEP") != "1":
        lifecycle.down(instance)
