"""Off, shadow, live and taken back: what each mode does to a job, and how everything comes back."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lab.host import Host
from slurm_energy.model.rules import Mode
from tests.lab.grid import CLEAN, DIRTY, Grid
from tests.lab.hands import (
    ON_EAST,
    UNTOUCHED,
    WHOLE,
    cancel,
    fill,
    show,
    sprio,
    updates_received,
    wait_for_factor,
    wait_until_eligible,
    wait_until_it_stands_like,
)
from tests.lab.scenario import DAEMON, EVALUATION, SETTINGS, SLURM, TURN, Scenario
from tests.lab.waiting import eventually, throughout

pytestmark = pytest.mark.lab

LATENCY_CRITICAL = "energy:class=latency-critical"
RELEASE_UNIT = "slurm-energy-release.service"
POINTS_PER_SECOND = 10_000 / 86_400


def test_shadow_decides_annotates_and_changes_nothing_else(scenario: Scenario) -> None:
    scenario.configure(DIRTY, mode="shadow")
    scenario.start()
    leader = scenario.wait_for_lead()
    fill(scenario)
    sent = updates_received(scenario.east)
    patient = scenario.submit(EVALUATION, ON_EAST)
    urgent = scenario.submit(LATENCY_CRITICAL, ON_EAST)
    row = scenario.wait_for_decision(patient, leader, "defer")
    assert row["begin"] > time.time()
    scenario.wait_for_turns(leader, 2)
    for job in (patient, urgent):
        assert "slurm-energy:v=1" in show(scenario.east, job)["AdminComment"]
        assert not scenario.deferred_until(job)
    assert {sprio(scenario.east)[job].site for job in (patient, urgent)} == {0}
    assert updates_received(scenario.east) == sent
    history = scenario.ask(leader, "explain", job=patient)["found"][0]["history"]
    assert [entry["decision"] for entry in history] == ["defer"]


def test_shadow_accepts_a_wrong_tag_and_says_so(scenario: Scenario) -> None:
    scenario.configure(DIRTY, mode="shadow")
    scenario.start()
    done = scenario.sbatch("--comment=energy:class=urgent", ON_EAST)
    assert done.returncode == 0
    assert "shadow mode: accepted all the same" in done.stderr


def test_off_touches_nothing_at_all(scenario: Scenario) -> None:
    scenario.configure(DIRTY, mode="off")
    scenario.start()
    fill(scenario)
    sent = updates_received(scenario.east)
    job = scenario.submit(EVALUATION, ON_EAST)
    wrong = scenario.sbatch("--comment=energy:class=urgent", ON_EAST)
    assert (wrong.returncode, wrong.stderr) == (0, "")
    scenario.wait_for_turns(scenario.east, 2)
    assert "AdminComment" not in show(scenario.east, job)
    assert not scenario.deferred_until(job)
    assert updates_received(scenario.east) == sent


def test_a_job_whose_data_must_stay_in_the_west_waits_for_the_wests_clean_hour(
    scenario: Scenario,
) -> None:
    _configure_apart(scenario, east=CLEAN, west=Grid(dirty=24))
    scenario.start()
    leader = scenario.wait_for_lead()
    scenario.wait_for_lease(scenario.west)
    western = scenario.submit(f"{EVALUATION},residency=us")
    eastern = scenario.submit(f"{EVALUATION},residency=eu")
    scenario.wait_for_decision(western, leader, "defer")
    eventually(lambda: scenario.ran_on(eastern), "the start of the eastern one", SLURM)
    begin = eventually(
        lambda: scenario.deferred_until(western, scenario.west), "its begin time", SLURM
    )
    throughout(lambda: not scenario.ran_on(western), "it waits", begin - time.time() - 2)
    assert eventually(lambda: scenario.ran_on(western), "its start", SLURM) == scenario.west


def _configure_apart(scenario: Scenario, east: Grid, west: Grid) -> None:
    """A grid of its own for each cluster, known to both daemons."""
    scenario.configure(east)
    for host in scenario.hosts:
        first, second = host.read(SETTINGS).split("[signals.clusters.west]")
        second = second.replace("carbon.csv", "west-carbon.csv").replace(
            "price.csv", "west-price.csv"
        )
        host.write(SETTINGS, f"{first}[signals.clusters.west]{second}")
        host.write("/etc/slurm-energy/west-carbon.csv", west.csv(600, 50, "gCO2eq/kWh", first=1))
        host.write("/etc/slurm-energy/west-price.csv", west.csv(200, 10, "EUR/MWh", first=1))


@pytest.mark.parametrize("client", ["pyslurm", "commands"])
def test_the_whole_loop_through_either_client(scenario: Scenario, client: str) -> None:
    scenario.configure(DIRTY, slurm=f'client = "{client}"')
    scenario.start()
    leader = scenario.wait_for_lead()
    blocker = fill(scenario)
    scenario.wait_for_lease(scenario.east)
    patient = scenario.submit(EVALUATION, ON_EAST)
    urgent = scenario.submit(LATENCY_CRITICAL, ON_EAST)
    scenario.wait_for_decision(patient, leader, "defer")
    scenario.wait_until_deferred(patient)
    wait_for_factor(scenario.east, urgent)
    for host in scenario.hosts:
        scenario.write_grid(host, CLEAN)
    wait_until_eligible(scenario.east, patient)
    cancel(scenario, blocker)
    for job in (urgent, patient):
        scenario.wait_for_start(job)


def wait_for_mode(scenario: Scenario, host: Host, mode: str) -> None:
    """The daemon of this host says that this is its mode."""
    eventually(lambda: scenario.status(host)["mode"] == mode, f"mode {mode}", TURN)


def three_jobs(scenario: Scenario) -> tuple[int, int, int, int]:
    """A full cluster; an untouched control, a deferred job and a boosted one; what fills it."""
    scenario.configure(DIRTY)
    scenario.start()
    leader = scenario.wait_for_lead()
    blocker = fill(scenario)
    scenario.wait_for_lease(scenario.east)
    deferred = scenario.submit(EVALUATION, *WHOLE, ON_EAST)
    control = scenario.submit(UNTOUCHED, *WHOLE, ON_EAST)
    boosted = scenario.submit(LATENCY_CRITICAL, *WHOLE, ON_EAST)
    scenario.wait_for_decision(deferred, leader, "defer")
    scenario.wait_until_deferred(deferred)
    wait_for_factor(scenario.east, boosted, least=625)
    return blocker, control, deferred, boosted


def given_back(scenario: Scenario, control: int, *jobs: int) -> None:
    """Each job stands where the control stands.

    Better by up to a minute of age: ours is given back in whole minutes, and Slurm works out a
    job's age when it is changed, and everybody's once a minute. So which of two jobs that were
    submitted within a minute starts first is not promised, but that nobody lost his place is.
    """
    for job in jobs:
        wait_until_it_stands_like(scenario.east, job, control, POINTS_PER_SECOND)
    eventually(
        lambda: (table := scenario.table(scenario.east)) and table.mode is Mode.OFF,
        "the hook being told",
        SLURM,
    )


def test_release_gives_everything_back_without_daemon_and_database(scenario: Scenario) -> None:
    blocker, control, deferred, boosted = three_jobs(scenario)
    theirs = scenario.submit(EVALUATION, *WHOLE, ON_EAST)
    scenario.wait_until_deferred(theirs)
    scenario.update(theirs, "starttime=now+1hour", user="alice")
    scenario.kill_for_good(*scenario.hosts)
    with database_down(scenario.east):
        done = scenario.east.run(["slurm-energy", "release", "--all"], check=False)
    assert f"{theirs}" in done.stdout
    assert "a person changed its begin time" in done.stdout
    given_back(scenario, control, deferred, boosted)
    later = scenario.submit(EVALUATION, *WHOLE, ON_EAST)
    assert not scenario.deferred_until(later), "the hook leases no more"
    assert "AdminComment" not in show(scenario.east, later)
    cancel(scenario, later)
    cancel(scenario, blocker)
    starts = {job: scenario.wait_for_start(job, 3 * SLURM) for job in (deferred, control, boosted)}
    assert starts[deferred] < starts[control], "who was put off has his place back"


@contextmanager
def database_down(host: Host) -> Iterator[None]:
    host.systemctl("stop", "postgresql@*")
    try:
        yield
    finally:
        host.systemctl("start", "postgresql.service")
        host.run(
            [
                "bash",
                "-c",
                "systemctl start $(systemctl list-units --all --plain --no-legend "
                "'postgresql@*' | cut -d' ' -f1)",
            ]
        )


def test_resume_takes_release_back(scenario: Scenario) -> None:
    _, _, deferred, boosted = three_jobs(scenario)
    for host in scenario.hosts:
        host.run(["slurm-energy", "release", "--all", "--reason", "a try"], check=False)
    wait_until_eligible(scenario.east, deferred)
    for host in scenario.hosts:
        wait_for_mode(scenario, host, "off")
        assert scenario.status(host)["released"] == "a try"
        said = host.run(["slurm-energy", "resume"]).stdout
        assert "resumed; it was released: a try" in said
    for host in scenario.hosts:
        wait_for_mode(scenario, host, "live")
    wait_for_factor(scenario.east, boosted, least=625)
    eventually(lambda: scenario.deferred_until(deferred), "it waits again", TURN)


@pytest.mark.parametrize("cause", ["it dies and nothing starts it again", "its file is broken"])
def test_a_daemon_that_failed_for_good_gives_everything_back(
    scenario: Scenario, cause: str
) -> None:
    _, control, deferred, boosted = three_jobs(scenario)
    drop_in = f"/run/systemd/system/{DAEMON}.d/once.conf"
    for host in scenario.hosts:
        host.write(drop_in, "[Service]\nRestart=no\n")
        host.systemctl("daemon-reload")
    try:
        if cause == "its file is broken":
            for host in scenario.hosts:
                host.write(SETTINGS, host.read(SETTINGS) + "\n[nonsense\n")
                host.systemctl("restart", DAEMON, check=False)
        else:
            scenario.kill()
        eventually(lambda: not scenario.deferred_until(deferred), "its release", 60)
        eventually(
            lambda: (f := sprio(scenario.east).get(boosted)) and f.site < 625, "its points", 60
        )
        given_back(scenario, control, deferred, boosted)
    finally:
        for host in scenario.hosts:
            host.run(["rm", "-f", drop_in])
            host.systemctl("daemon-reload")
            host.systemctl("reset-failed", DAEMON, RELEASE_UNIT, check=False)


def test_release_of_one_job_leaves_the_others(scenario: Scenario) -> None:
    scenario.configure(DIRTY)
    scenario.start()
    fill(scenario)
    scenario.wait_for_lease(scenario.east)
    one, other = (scenario.submit(EVALUATION, ON_EAST) for _ in range(2))
    for job in (one, other):
        scenario.wait_until_deferred(job)
    done = scenario.east.run(["slurm-energy", "release", str(one), "--json"], check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)
    wait_until_eligible(scenario.east, one)
    scenario.wait_for_turns(scenario.wait_for_lead(), 2)
    assert not scenario.deferred_until(one)
    assert scenario.deferred_until(other)
