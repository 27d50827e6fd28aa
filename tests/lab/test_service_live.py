"""systemctl's words to the daemon: stop, restart, reload with a good and a bad configuration."""

import time

import pytest

from slurm_energy.model.decision import Reason
from slurm_energy.model.rules import Mode
from tests.lab.grid import Grid
from tests.lab.scenario import DAEMON, SETTINGS, SLURM, TURN, Scenario
from tests.lab.waiting import eventually

pytestmark = pytest.mark.lab


def test_a_reload_takes_a_good_configuration_and_refuses_a_bad_one(scenario: Scenario) -> None:
    scenario.configure(Grid(dirty=600))
    scenario.start(scenario.east)
    scenario.wait_for_lease(scenario.east)
    before = scenario.status(scenario.east)
    good = scenario.east.read(SETTINGS)
    since = time.time()
    scenario.east.write(SETTINGS, good.replace('mode = "live"', 'mode = "loud"\ncolour = 1'))
    scenario.east.systemctl("reload", DAEMON)
    eventually(lambda: "not reloaded" in scenario.log(scenario.east, since), "the refusal", TURN)
    said = scenario.log(scenario.east, since)
    assert "loud" in said
    assert "colour" in said
    after = scenario.wait_for_turns(scenario.east)
    assert (after["mode"], after["started"]) == ("live", before["started"])
    scenario.east.write(SETTINGS, good.replace('mode = "live"', 'mode = "shadow"'))
    scenario.east.systemctl("reload", DAEMON)
    eventually(lambda: scenario.status(scenario.east)["mode"] == "shadow", "mode shadow", TURN)
    eventually(
        lambda: (table := scenario.table(scenario.east)) and table.mode is Mode.SHADOW,
        "shadow in the hook's table",
        TURN,
    )
    assert scenario.wait_for_turns(scenario.east)["started"] == before["started"]
    job = scenario.submit()
    eventually(lambda: scenario.ran_on(job), "a start at once", SLURM)


def test_a_restart_forgets_nothing_and_a_stop_lets_every_deferral_expire(
    scenario: Scenario,
) -> None:
    scenario.configure(Grid(dirty=34))
    scenario.start()
    scenario.wait_for_lease()
    job = scenario.submit()
    begin = scenario.wait_for_decision(job, scenario.wait_for_lead(), "defer")["begin"]
    eventually(lambda: scenario.deferred_until(job) == begin, "its begin time", SLURM)
    scenario.start()
    row = scenario.wait_for_decision(job, scenario.wait_for_lead(), "defer")
    assert (row["begin"], row["reason"]) == (begin, Reason.CLEANER_LATER.value)
    stopping = time.time()
    scenario.stop()
    assert time.time() - stopping < 15
    for host in scenario.hosts:
        assert host.systemctl("is-active", DAEMON, check=False).stdout.strip() == "inactive"
        assert not host.run(["pgrep", "-u", "slurm-energy"], check=False).stdout
    within = begin - time.time() + SLURM
    assert eventually(lambda: scenario.started(job), "its start", within) >= begin
