"""One laboratory for a whole run of the tests, and a fresh scenario on it for each live test."""

from collections.abc import Iterator

import pytest

from lab import lifecycle
from lab.configuration import project_files
from lab.laboratory import Lab
from tests.lab.scenario import SETTINGS, Scenario


@pytest.fixture(scope="session")
def running_lab() -> Lab:
    """The laboratory that SLURM_ENERGY_LAB names, up, with the working tree on it."""
    lab = Lab.open()
    lifecycle.up(lab, show=False)
    return lab


@pytest.fixture(scope="session")
def whole_scenario(running_lab: Lab) -> Iterator[Scenario]:
    """A scenario; at the end the laboratory has its own configuration back."""
    scenario = Scenario(running_lab)
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
