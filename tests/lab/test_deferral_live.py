"""A deferred job waits on both clusters, and a table that nobody should trust defers nothing."""

import time
from collections.abc import Iterator

import pytest

from lab.host import Host
from slurm_energy.slurm.annotation import parse
from slurm_energy.slurm.tables import NOW_HEAD
from tests.lab.grid import DIRTY, Grid
from tests.lab.scenario import EVALUATION, NOW, SLURM, Scenario
from tests.lab.waiting import eventually, throughout

pytestmark = pytest.mark.lab

LUA = "os.execute('touch /tmp/pwned')\nreturn {}\n"
FAR = 4_102_444_800
HOSTILE = f"""{NOW_HEAD}
now cluster=west mode=live issued=1 expires={FAR} cycle=999999
lease class=evaluation until={FAR}
lease class=evaluation until={FAR} extra=$(touch</tmp/pwned)
end
"""
TABLES = {
    "missing": ["rm", "-f", NOW],
    "garbage": ["dd", "if=/dev/urandom", f"of={NOW}", "bs=1k", "count=20"],
    "ten megabytes": ["truncate", "--size=10M", NOW],
    "endless": ["ln", "-sfn", "/dev/zero", NOW],
    "a link to a secret": ["ln", "-sfn", "/etc/shadow", NOW],
    "a folder": ["sh", "-c", f"rm -f {NOW} && mkdir {NOW}"],
}
WRITTEN = {"Lua code": LUA, "leases for ever": HOSTILE}


def test_a_deferred_job_starts_on_neither_cluster_until_the_clean_hour(scenario: Scenario) -> None:
    clean = scenario.configure(Grid(dirty=26))
    scenario.start()
    scenario.wait_for_lease()
    job = scenario.submit(EVALUATION)
    row = scenario.wait_for_decision(job, scenario.wait_for_lead(), "defer")
    assert clean <= row["begin"] <= clean + 4
    throughout(lambda: not scenario.ran_on(job), "nobody started it", clean - time.time() - 1)
    assert eventually(lambda: scenario.started(job), "its start", SLURM) >= clean


@pytest.fixture(scope="module")
def untold_west(whole_scenario: Scenario) -> Iterator[Scenario]:
    """A dirty day, told to east's hook; the daemon of west is dead and its table is a test's."""
    scenario = whole_scenario
    scenario.reset()
    scenario.configure(DIRTY_THEN_CLEAN)
    scenario.start()
    scenario.wait_for_lead()
    scenario.kill_for_good(scenario.west)
    eventually(lambda: scenario.leads(scenario.east), "the lead of east", SLURM)
    scenario.wait_for_lease(scenario.east)
    yield scenario
    scenario.west.run(["rm", "-rf", NOW])


DIRTY_THEN_CLEAN = Grid(dirty=240)
"""Dirty for longer than the tests of one module's tables take."""


@pytest.mark.parametrize("table", [*TABLES, *WRITTEN, "stale"])
def test_a_table_that_is_not_to_be_trusted_defers_nothing_and_loses_nothing(
    untold_west: Scenario, table: str
) -> None:
    scenario, west = untold_west, untold_west.west
    _put(west, table, scenario)
    free = scenario.submit(EVALUATION)
    resident = scenario.submit(f"{EVALUATION},residency=eu")
    on_west = eventually(lambda: scenario.job(free, west), "the sibling on west", SLURM)
    annotation = parse(on_west.admin_comment)
    assert annotation is not None
    assert annotation.lease == 0
    assert on_west.ran or on_west.state == "PENDING"
    assert scenario.deferred_until(resident)
    kept_away = scenario.job(resident, west)
    assert kept_away is None or kept_away.state == "REVOKED"
    assert west.run(["test", "-e", "/tmp/pwned"], check=False).returncode == 1


def _put(west: Host, table: str, scenario: Scenario) -> None:
    """Lay this table beside west's controller."""
    west.run(["rm", "-rf", NOW])
    if table in TABLES:
        west.run(TABLES[table])
    elif table in WRITTEN:
        west.write(NOW, WRITTEN[table])
    else:
        told = scenario.east.read(NOW).replace("cluster=east", "cluster=west")
        old = " ".join(
            f"expires={int(time.time()) - 1}" if word.startswith("expires=") else word
            for word in told.split(" ")
        )
        west.write(NOW, old)


def test_no_table_at_all_lets_every_job_start_at_once(scenario: Scenario) -> None:
    scenario.configure(DIRTY)
    for host in scenario.hosts:
        host.run(["rm", "-rf", NOW])
    job = scenario.submit(f"{EVALUATION},residency=eu")
    assert eventually(lambda: scenario.ran_on(job), "its start", SLURM) == scenario.east
