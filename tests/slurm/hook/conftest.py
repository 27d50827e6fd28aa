"""A fresh site for each test."""

from pathlib import Path

import pytest

from slurm_energy.slurm.tables import render_now, render_rules
from tests.slurm.hook.standing import NOW, RULES, TABLE
from tests.slurm.hookrun import Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path, render_rules(RULES), render_now(TABLE), NOW)
