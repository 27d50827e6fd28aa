"""The grid operator asks for less: what is flexible waits for the end, what is critical runs."""

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from lab.host import Host
from slurm_energy.model.decision import Reason
from tests.lab.grid import CLEAN
from tests.lab.hands import ON_EAST
from tests.lab.scenario import EVALUATION, SLURM, Scenario
from tests.lab.waiting import eventually, throughout

pytestmark = pytest.mark.lab

EVENTS = "/etc/slurm-energy/events.csv"
HEAD = "start,end,kw,reason\n"
POWER = "".join(
    f"""
[power.clusters.{name}]
limit_kw = 40
gpu = "h100"
events = "{EVENTS}"
"""
    for name in ("east", "west")
)
CRITICAL = "energy:class=latency-critical"


def announce(scenario: Scenario, seconds: float, reason: str = "TSO demand response") -> int:
    """An event from now on, told to both daemons; when it ends."""
    start = int(time.time())
    end = start + int(seconds)
    row = f"{moment(start)},{moment(end)},0,{reason}\n"
    for host in scenario.hosts:
        host.write(EVENTS, HEAD + row)
    return end


def moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def test_in_a_grid_event_flexible_jobs_wait_for_its_end_and_critical_ones_run(
    scenario: Scenario,
) -> None:
    for host in scenario.hosts:
        host.write(EVENTS, HEAD)
    scenario.configure(CLEAN, POWER)
    scenario.start()
    leader = scenario.wait_for_lead()
    before = scenario.submit(EVALUATION, ON_EAST)
    assert scenario.wait_for_start(before)
    end = announce(scenario, 45)
    scenario.wait_for_lease()
    job, critical = scenario.submit(EVALUATION), scenario.submit(CRITICAL)
    row = scenario.wait_for_decision(job, leader, "defer")
    assert row["code"] == Reason.GRID_EVENT.code
    assert end <= row["begin"] <= end + 4
    assert scenario.wait_for_start(critical) < end
    terms = scenario.ask(leader, "explain", job=job)["found"][0]["terms"]
    assert terms["grid_event"] == "TSO demand response"
    assert terms["grid_event_end"] == end
    throughout(lambda: not scenario.ran_on(job), "nobody started it", end - time.time() - 1)
    assert scenario.wait_for_start(job, SLURM) >= end


def test_an_event_that_is_called_off_lets_the_jobs_go(scenario: Scenario) -> None:
    scenario.configure(CLEAN, POWER)
    announce(scenario, 600)
    scenario.start()
    scenario.wait_for_lease()
    job = scenario.submit(EVALUATION)
    scenario.wait_until_deferred(job)
    for host in scenario.hosts:
        host.write(EVENTS, HEAD)
    assert eventually(lambda: scenario.started(job), "its start", 2 * SLURM)


TOKEN = "/etc/slurm-energy/grid-event.token"  # noqa: S105 - a path
SECRET = "0123456789abcdef-of-the-laboratory"  # noqa: S105 - of the laboratory alone
PAGE = "http://127.0.0.1:9817/grid-event"
SLOW = 20
"""Seconds between two turns: what an event does sooner, it does because it wakes the loop."""
GATEWAY = """
import sys, urllib.request
method, url, token, body = sys.argv[1:]
headers = {"Authorization": f"Bearer {token}"}
request = urllib.request.Request(url, body.encode() or None, headers, method=method)
with urllib.request.urlopen(request, timeout=10) as answer:
    sys.stdout.write(answer.read().decode())
"""


def gateway(host: Host, method: str, url: str = PAGE, body: str = "") -> dict[str, Any]:
    """What this controller's daemon answers a demand-response gateway beside it."""
    argv = ["python3", "-c", GATEWAY, method, url, SECRET, body]
    answer: dict[str, Any] = json.loads(host.run(argv, user="bob").stdout)
    return answer


def test_a_posted_event_holds_at_once_survives_a_restart_and_is_called_off(
    scenario: Scenario,
) -> None:
    for host in scenario.hosts:
        host.write(TOKEN, SECRET, owner="slurm-energy", mode=0o600)
    scenario.configure(CLEAN, f'[power]\nwebhook_token = "{TOKEN}"\n', interval=SLOW)
    scenario.start()
    leader = scenario.wait_for_lead()
    own = "tables that are not of the test before"
    eventually(lambda: not any(map(scenario.leases, scenario.hosts)), own, SLOW)
    now, posted = int(time.time()), time.monotonic()
    for host in scenario.hosts:
        for cluster in ("east", "west"):
            event = {
                "cluster": cluster,
                "id": f"tso-{cluster}",
                "start": moment(now),
                "end": moment(now + 600),
                "kw": 0,
                "reason": "TSO demand response",
            }
            gateway(host, "POST", body=json.dumps(event))
    scenario.wait_for_lease(within=SLOW / 2)
    assert time.monotonic() - posted < SLOW
    job, critical = scenario.submit(EVALUATION), scenario.submit(CRITICAL)
    assert scenario.wait_for_start(critical)
    row = scenario.wait_for_decision(job, leader, "defer", within=3 * SLOW)
    assert row["code"] == Reason.GRID_EVENT.code
    terms = scenario.ask(leader, "explain", job=job)["found"][0]["terms"]
    assert terms["grid_event"] == "TSO demand response"
    assert terms["grid_event_from"] == "webhook"
    assert now + 600 <= row["begin"]
    scenario.start()
    listed = gateway(leader, "GET")["events"]
    assert [one["id"] for one in listed] == ["tso-east", "tso-west"]
    assert not scenario.ran_on(job)
    for host in scenario.hosts:
        for cluster in ("east", "west"):
            gateway(host, "DELETE", f"{PAGE}/tso-{cluster}")
    assert eventually(lambda: scenario.started(job), "its start", 2 * SLURM)
