"""One laboratory for a whole run of the tests, and a fresh scenario on it for each live test."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lab import lifecycle
from lab.configuration import project_files
from lab.laboratory import Lab
from tests.lab.scenario import SETTINGS, Scenario

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run a live test once more before it counts as failed: both runs are shown.

    They compare moments of two real clusters, on a machine that may be busy with something else.
    What fails twice is wrong. No other test has this grace.
    """
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """Two federated clusters with the working tree installed; kept by SLURM_ENERGY_LAB_KEEP=1."""
    instance = Lab.open(os.environ.get("SLURM_ENERGY_LAB", "test"))
    lifecycle.up(instance)
    yield instance
    if os.environ.get("SLURM_ENERGY_LAB_KEEP") != "1":
        lifecycle.down(instance)


@pytest.fixture(scope="session")
def whole_scenario(lab: Lab) -> Iterator[Scenario]:
    """A scenario; at the end the laboratory has its own configuration back."""
    scenario = Scenario(lab)
    yield scenario
    scenario.reset()
    (own,) = (file for file in project_files() if file.path == SETTINGS)
    for host in scenario.hosts:
        host.write(SETTINGS, own.content)
        scenario.install_rules(host)
    scenario.start()


@pytest.fixture
def scenario(whole_scenario: Scenario) -> Iterator[Scenario]:
    """No job, no memory, both daemons stopped, the hosts joined."""
    whole_scenario.reset()
    yield whole_scenario
    whole_scenario.lab.mend()
