"""A provider in its documented form beside both daemons: it dies, refuses, comes back, and jobs
that wait for it are not lost. The provider is a local server, never the real one.
"""

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from lab.host import Host
from slurm_energy.model.decision import Reason
from tests.lab.clock import LIBRARY, another_clock
from tests.lab.provider import ADDRESS, NAME, USER, Provider
from tests.lab.scenario import DAEMON, EVALUATION, INTERVAL, SETTINGS, SLURM, STATE, TURN, Scenario
from tests.lab.settings import without_signals
from tests.lab.waiting import eventually, throughout

pytestmark = pytest.mark.lab

PASSWORD = "/etc/slurm-energy/watttime.password"  # noqa: S105 - a path
RIGHT, WRONG = "right-7f3a91c2", "wrong-58d20be6"
HOME = f"{EVALUATION},residency=eu"
"""Kept to east, where a test can watch it alone."""
CLUSTERS = ("east", "west")
DIRTY = 1200
"""Seconds; longer than a test takes, and within the three hours that are planned for here."""
AGAIN = 60.0 + TURN
"""Seconds within which a source that has failed once or twice is asked again, and a turn."""
STALE = 30
"""Seconds of age that are allowed where a test is to see it pass."""
SECOND = "/etc/slurm-energy/second.csv"
METRICS = "http://127.0.0.1:9817/metrics"
GET = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1], timeout=10).read().decode())"
SLOT = 10
"""Seconds."""
POLICY = f"""
[policy]
preset = "carbon-first"
slot = "{SLOT}s"
horizon = "3h"
"""


def source(password: str = PASSWORD) -> str:
    """The provider, as a site's configuration names it."""
    told = f'watttime = "CAISO_NORTH", user = "{USER}", password = "{password}"'
    return f'{{ {told}, url = "{ADDRESS}" }}'


def written(*sources: str, signals: str = "") -> str:
    """The configuration: both clusters' carbon comes from these, the first before the second."""
    listed = ", ".join(sources)
    clusters = "".join(f"[signals.clusters.{name}]\ncarbon = [{listed}]\n" for name in CLUSTERS)
    site = without_signals("live", f'interval = "{INTERVAL}s"', 'timeout = "5s"')
    return f"{site}\n[signals]\n{signals}\n{clusters}{POLICY}"


def configure(scenario: Scenario, *sources: str, signals: str = "") -> None:
    """Both hosts are configured so, with a password that is right; without a replay."""
    for host in scenario.hosts:
        host.write(SETTINGS, written(*(sources or [source()]), signals=signals))
        scenario.install_rules(host)
        tell_password(host, RIGHT)


def tell_password(host: Host, password: str) -> None:
    """The file that the daemon alone may read."""
    host.write(PASSWORD, f"{password}\n", owner="slurm-energy", mode=0o600)


@pytest.fixture
def provider(scenario: Scenario) -> Iterator[Provider]:
    """WattTime on both hosts, dirty for twenty minutes."""
    one = Provider(scenario.hosts, RIGHT, DIRTY)
    one.rise()
    yield one
    one.die()


def second() -> str:
    """Somebody's file of marginal intensities: dirty for as long as the provider is."""
    now = int(time.time())
    rows = [f"{at},{600 if at < now + DIRTY else 50},gCO2eq/kWh" for at in _quarters(now)]
    return "\n".join(["time,value,unit", *rows, ""])


def _quarters(now: int) -> range:
    return range(now - 3600, now + 26 * 3600, 300)


def ready(scenario: Scenario) -> Host:
    """Both daemons at work, with a dirty hour that they know of; the host whose daemon leads."""
    scenario.start()
    scenario.wait_for_lease()
    return scenario.wait_for_lead()


def deferred(scenario: Scenario, leader: Host) -> tuple[int, int]:
    """A job that is put off, and until when."""
    job = scenario.submit(HOME)
    begin = scenario.wait_for_decision(job, leader, "defer")["begin"]
    eventually(lambda: scenario.deferred_until(job) == begin, "its begin time", SLURM)
    return job, begin


def problems(scenario: Scenario, host: Host) -> str:
    return "\n".join(scenario.status(host)["problems"])


def carbon(host: Host) -> dict[str, Any] | None:
    """East's carbon, as ``slurm-energy signals --json`` tells it to an ordinary user."""
    told = json.loads(host.run(["slurm-energy", "signals", "--json"], user="alice").stdout)
    east = next(one for one in told["clusters"] if one["cluster"] == "east")
    found: dict[str, Any] | None = east["carbon"]
    return found


def findings(host: Host, env: Mapping[str, str] | None = None) -> dict[str, str]:
    """What ``slurm-energy doctor`` found here: verdict, what was seen and the cure, by name."""
    done = host.run(["slurm-energy", "doctor", "--json"], check=False, env=env)
    return {
        one["name"]: " ".join([one["verdict"], one["seen"], one["cure"]])
        for one in json.loads(done.stdout)
    }


def metrics(host: Host) -> str:
    return host.run(["python3", "-c", GET, METRICS]).stdout


def lines(scenario: Scenario, host: Host, since: float, word: str) -> list[str]:
    """What the journal said of it since then."""
    return [line for line in scenario.log(host, since).splitlines() if word in line]


def test_a_job_waits_for_the_hour_that_the_provider_tells(
    scenario: Scenario, provider: Provider
) -> None:
    configure(scenario)
    leader = ready(scenario)
    _, begin = deferred(scenario, leader)
    # The slot in which it turns clean is half dirty; the next one is the first of many alike.
    assert provider.speaker.clean <= begin < provider.speaker.clean + 2 * SLOT
    found = carbon(leader)
    assert found is not None
    assert found["source"] == NAME
    assert found["value"] == pytest.approx(590, abs=1)
    assert 0 <= found["age"] <= 60
    assert (
        NAME in leader.run(["slurm-energy", "signals"], user="bob", env={"COLUMNS": "200"}).stdout
    )
    assert found["kind"] == "marginal"
    assert problems(scenario, leader) == ""
    doctor = findings(leader)
    assert doctor[f"{NAME} carbon"].startswith("ok answers")
    assert doctor["east: carbon"].startswith("ok")
    assert NAME in doctor["east: carbon"]


def test_a_dead_provider_leaves_its_last_series_and_a_living_one_renews_it(
    scenario: Scenario, provider: Provider
) -> None:
    configure(scenario)
    leader = ready(scenario)
    job, begin = deferred(scenario, leader)
    before = carbon(leader)
    assert before is not None
    provider.die()
    since = time.time()
    leader.systemctl("reload", DAEMON)
    eventually(lambda: "no connection" in problems(scenario, leader), "the problem", TURN)
    assert "the last good series stands" in problems(scenario, leader)
    aged = carbon(leader)
    assert aged is not None
    assert aged["issued"] == before["issued"]
    assert scenario.wait_for_decision(job, leader, "defer")["begin"] == begin
    assert scenario.deferred_until(job) == begin
    doctor = findings(leader)[f"{NAME} carbon"]
    assert doctor.startswith("warn no use since")
    assert "no connection (ConnectError) is the network there?" in doctor
    up = f'slurmenergy_source_up{{signal="carbon",source="{NAME}"}}'
    assert f"{up} 0" in metrics(leader)
    provider.rise()
    eventually(lambda: not problems(scenario, leader), "its end", AGAIN)
    renewed = carbon(leader)
    assert renewed is not None
    assert renewed["issued"] > since
    assert f"{up} 1" in metrics(leader)
    assert len(lines(scenario, leader, since, "problem:")) == 1, "once when it comes"
    eventually(lambda: lines(scenario, leader, since, "over:"), "once when it goes", TURN)
    assert len(lines(scenario, leader, since, "over:")) == 1
    assert scenario.deferred_until(job) == begin


def test_a_second_source_stands_in_and_says_why(scenario: Scenario, provider: Provider) -> None:
    other = f'{{ csv = "{SECOND}", kind = "marginal" }}'
    for host in scenario.hosts:
        host.write(SECOND, second())
    provider.die()
    configure(scenario, source(), other)
    leader = ready(scenario)
    deferred(scenario, leader)
    eventually(lambda: "second.csv is used instead" in problems(scenario, leader), "why", TURN)
    assert f"{NAME}: 127.0.0.1/login: no connection" in problems(scenario, leader)
    doctor = findings(leader)
    assert doctor[f"{NAME} carbon"].startswith("warn no use since")
    assert doctor["east: carbon"].startswith("ok")
    assert "second.csv" in doctor["east: carbon"]
    provider.rise()
    eventually(lambda: not problems(scenario, leader), "the first again", AGAIN)
    found = carbon(leader)
    assert found is not None
    assert found["source"] == NAME


def test_a_source_that_counts_otherwise_is_refused_by_the_configuration(
    scenario: Scenario,
) -> None:
    scenario.east.write(SETTINGS, written(source(), f'{{ csv = "{SECOND}" }}'))
    done = scenario.east.run(["slurm-energy", "config", "check"], check=False)
    assert done.returncode == 1
    assert "average and marginal can't stand in for one another" in done.stdout + done.stderr


def test_past_its_age_nothing_new_is_put_off_and_what_was_keeps_its_begin(
    scenario: Scenario, provider: Provider
) -> None:
    configure(scenario, signals=f'stale_after = "{STALE}s"')
    leader = ready(scenario)
    job, begin = deferred(scenario, leader)
    provider.die()
    eventually(
        lambda: "is stale" in problems(scenario, leader), "its age being too much", STALE + TURN
    )
    row = scenario.wait_for_decision(job, leader, "leave")
    assert row["reason"] == Reason.NO_SIGNAL.value
    eventually(lambda: not any(map(scenario.leases, scenario.hosts)), "tables without leases", TURN)
    new = scenario.submit(HOME)
    eventually(lambda: scenario.ran_on(new), "a start at once", SLURM)
    assert scenario.deferred_until(job) == begin
    assert all(one["carbon"] is None for one in scenario.status(leader)["clusters"])
    assert f"allowed {STALE} s" in problems(scenario, leader)
    doctor = findings(leader)["east: carbon"]
    assert doctor.startswith("fail unknown: ")
    assert "is stale" in doctor
    shown = metrics(leader)
    assert f'reason="{Reason.NO_SIGNAL.code}"' in shown
    assert "slurmenergy_signal_value{" not in shown


@pytest.mark.usefixtures("provider")
def test_a_wrong_token_is_one_line_and_a_right_one_is_taken_up_without_a_restart(
    scenario: Scenario,
) -> None:
    configure(scenario)
    for host in scenario.hosts:
        tell_password(host, WRONG)
    since = time.time()
    scenario.start()
    leader = scenario.wait_for_lead()
    started = scenario.status(leader)["started"]
    eventually(lambda: "HTTP 401" in problems(scenario, leader), "the problem", TURN)
    (told,) = scenario.status(leader)["problems"]
    assert "the token is wrong or has expired: renew it" in told
    assert len(lines(scenario, leader, since, "401")) == 1
    doctor = findings(leader)[f"{NAME} carbon"]
    assert doctor.startswith("fail no use since")
    assert "renew it" in doctor
    for host in scenario.hosts:
        tell_password(host, RIGHT)
    eventually(lambda: not problems(scenario, leader), "its end", AGAIN)
    scenario.wait_for_lease()
    assert scenario.status(leader)["started"] == started
    deferred(scenario, leader)
    said = everything_said(scenario, leader, since)
    assert all(secret not in said for secret in (RIGHT, WRONG, "jwt"))
    for host in scenario.hosts:
        assert host.run(["grep", "-rl", "-e", RIGHT, "-e", WRONG, STATE], check=False).stdout == ""


def test_a_token_that_the_daemon_may_not_read_is_one_line_and_nobody_is_asked(
    scenario: Scenario, provider: Provider
) -> None:
    configure(scenario)
    for host in scenario.hosts:
        host.write(PASSWORD, f"{RIGHT}\n", owner="root", mode=0o600)
    scenario.start()
    leader = scenario.wait_for_lead()
    eventually(lambda: "Permission denied" in problems(scenario, leader), "the problem", TURN)
    (told,) = scenario.status(leader)["problems"]
    assert f"{NAME}: {PASSWORD}: Permission denied for slurm-energy; put the token there" in told
    assert provider.speaker.asked == []
    doctor = "\n".join(findings(leader).values())
    assert f"fail {PASSWORD}: can't be read by slurm-energy" in doctor
    new = scenario.submit(HOME)
    eventually(lambda: scenario.ran_on(new), "a start at once", SLURM)


def everything_said(scenario: Scenario, host: Host, since: float) -> str:
    """Journal, metrics, every answer of the command line, command lines and environments."""
    pids = host.run(["systemctl", "show", "--property=MainPID", "--value", DAEMON]).stdout.strip()
    processes = f"cat /proc/{pids}/cmdline /proc/{pids}/environ; ps axww"
    verbs = [["slurm-energy", verb, "--json"] for verb in ("status", "signals", "queue", "doctor")]
    commands = [*verbs, ["slurm-energy", "config", "show"], ["sh", "-c", processes]]
    told = [host.run(argv, check=False) for argv in commands]
    said = [one.stdout + one.stderr for one in told]
    return "\n".join([scenario.log(host, since), metrics(host), *said])


def test_a_provider_that_is_away_for_an_hour_leaves_its_forecast_to_go_by(
    scenario: Scenario, provider: Provider
) -> None:
    """The hour passes on the daemon's clock alone: what it does by the clock is seen, at once."""
    provider.speaker.clean = int(time.time()) + 2 * 3600
    configure(scenario)
    with another_clock(scenario.east) as clock:
        lead_from_east(scenario)
        job, begin = deferred(scenario, scenario.east)
        provider.die()
        since = time.time()
        clock.set(3600)
        eventually(lambda: "no connection" in problems(scenario, scenario.east), "it", TURN)
        scenario.wait_for_turns(scenario.east, 3)
        found = carbon(scenario.east)
        assert found is not None
        assert found["age"] >= 3600
        assert found["value"] == pytest.approx(590, abs=1)
        assert scenario.wait_for_decision(job, scenario.east, "defer")["begin"] == begin
        assert scenario.deferred_until(job) == begin
        assert len(lines(scenario, scenario.east, since, "problem:")) == 1
        provider.rise()
        eventually(lambda: not problems(scenario, scenario.east), "its end", AGAIN)
        renewed = carbon(scenario.east)
        assert renewed is not None
        assert renewed["age"] < 60
        assert scenario.deferred_until(job) == begin


def lead_from_east(scenario: Scenario) -> None:
    """Both daemons at work, that of east first, with a dirty hour that they know of."""
    scenario.start(scenario.east)
    eventually(lambda: scenario.leads(scenario.east), "the lead of east", TURN)
    scenario.start(scenario.west)
    scenario.wait_for_lease(scenario.east)


@pytest.mark.parametrize("jump", [3600, -3600], ids=["ahead", "back"])
def test_a_clock_that_jumps_an_hour_silences_no_source_and_breaks_no_promise(
    scenario: Scenario, provider: Provider, jump: int
) -> None:
    configure(scenario)
    with another_clock(scenario.east) as clock:
        lead_from_east(scenario)
        job = scenario.submit(f"{HOME},max_delay=25m")
        latest = time.time() + 25 * 60
        scenario.wait_for_decision(job, scenario.east, "defer")
        scenario.wait_until_deferred(job)
        process = scenario.status(scenario.east)["started"]
        logins, since = provider.speaker.logins, time.time()
        clock.set(jump)
        eventually(lambda: provider.speaker.logins > logins, "a fetch", TURN)
        scenario.wait_for_turns(scenario.east, 2)
        eventually(lambda: not problems(scenario, scenario.east), "a renewed series", TURN)
        found = carbon(scenario.east)
        assert found is not None
        assert found["value"] == pytest.approx(50 if jump > 0 else 590, abs=1)
        throughout(lambda: 0 < scenario.deferred_until(job) <= latest, "its promise", 2 * INTERVAL)
        new = scenario.submit(f"{HOME},max_delay=25m")
        eventually(lambda: scenario.ran_on(new), "a start: the table is of another time", SLURM)
        status = scenario.status(scenario.east)
        assert (status["started"], status["failures"]) == (process, 0)
        assert len(lines(scenario, scenario.east, since, "problem:")) <= 1
        doctor = findings(scenario.east, {"LD_PRELOAD": LIBRARY})
        assert doctor["east: clock"].startswith("fail")
        assert doctor[f"{NAME} carbon: clock"].startswith("fail")
        assert all("run chrony" in doctor[f"{one}: clock"] for one in ("east", f"{NAME} carbon"))
        clock.set(0)
        scenario.wait_for_turns(scenario.east, 2)
        eventually(lambda: not problems(scenario, scenario.east), "a renewed series", TURN)
        assert scenario.wait_for_decision(job, scenario.east, "defer")["begin"] <= latest
        assert 0 < scenario.deferred_until(job) <= latest
