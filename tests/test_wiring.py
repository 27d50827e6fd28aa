"""What a file's settings become: forecasts that continue a signal, and power limits, or neither."""

import os
from pathlib import Path

import pytest

from slurm_energy.power import UNLIMITED
from slurm_energy.signals.sample import carbon, to_csv
from slurm_energy.wiring import build
from tests.builders import HOUR, some

DAY = 24 * HOUR
START = 1_789_948_800
"""A midnight, UTC."""
END = START + 10 * DAY
NOW = END - HOUR


def site(directory: Path, signals: str = "", rest: str = "") -> Path:
    """A configuration with ten days of measured carbon, up to the present hour."""
    measured = directory / "carbon.csv"
    measured.write_text(to_csv(carbon(START, 10, 1), "gCO2eq/kWh"))
    os.utime(measured, (NOW, NOW))
    path = directory / "slurm-energy.toml"
    path.write_text(
        f"""
[daemon]
cluster = "east"
state_directory = "{directory}"
[slurm]
client = "commands"
[ledger]
url = "postgresql://nobody@127.0.0.1:9/away"
[signals]
{signals}
[signals.clusters.east]
carbon = {{ csv = "{measured}" }}
{rest}
"""
    )
    return path


@pytest.mark.parametrize("name", ["auto", "learned", "week", "yesterday"])
def test_a_file_of_past_rows_is_continued_to_where_the_planner_looks(
    tmp_path: Path, name: str
) -> None:
    world = build(site(tmp_path, f'forecast = "{name}"')).cycle.world
    found = some(world.signals.read(NOW)["east"].carbon)
    told = some(found.forecast)
    assert found.end >= NOW + 4 * DAY
    assert told.since == END
    assert told.name in ({name} if name != "auto" else {"learned", "week", "yesterday"})
    assert some(told.rank) > 0
    assert told.provider == "carbon.csv (generated, not measured)"


def test_auto_is_what_holds_when_nothing_is_said(tmp_path: Path) -> None:
    said, unsaid = (tmp_path / name for name in ("said", "unsaid"))
    for directory in (said, unsaid):
        directory.mkdir()
    one = build(site(said, 'forecast = "auto"')).cycle.world.signals.read(NOW)
    other = build(site(unsaid)).cycle.world.signals.read(NOW)
    assert one == other


REPLAY = """
[signals.replay]
start = "2026-09-21T00:00Z"
at = "2026-09-21T00:00Z"
speed = 1
"""


@pytest.mark.parametrize(("signals", "rest"), [('forecast = "off"', ""), ("", REPLAY)])
def test_off_and_a_replay_end_where_their_rows_end(tmp_path: Path, signals: str, rest: str) -> None:
    found = some(build(site(tmp_path, signals, rest)).cycle.world.signals.read(NOW)["east"].carbon)
    assert (found.end, found.forecast) == (END, None)


def test_a_power_limit_is_read_with_its_events_and_none_is_none(tmp_path: Path) -> None:
    assert build(site(tmp_path)).cycle.world.power is UNLIMITED
    events = tmp_path / "events.csv"
    events.write_text(f"start,end,kw,reason\n{NOW},{NOW + HOUR},250,TSO\n")
    limit = f'[power.clusters.east]\nlimit_kw = 800\nevents = "{events}"\n'
    cycle = build(site(tmp_path, rest=limit)).cycle
    assert cycle.world.power.read(NOW)["east"].at(NOW) == 250_000
    assert cycle.world.power.drawn({"east": 90_000.0}, NOW) == ()
    assert (tmp_path / "peaks.json").exists()
    assert cycle.settings.machines.gpus["h100"].active == 700


def test_a_schedule_and_a_posted_event_are_read_with_the_rest(tmp_path: Path) -> None:
    settings = f"""
[calendars.here]
zone = "Europe/Berlin"
[power]
webhook_token = "{tmp_path}/token"
[[power.clusters.east.schedule]]
calendar = "here"
kw = 250
reason = "grid contract"
"""
    (tmp_path / "token").write_text("0123456789abcdef")
    application = build(site(tmp_path, rest=settings))
    power, webhook = application.cycle.world.power, some(application.webhook)
    limit = power.read(NOW)["east"]
    assert (limit.at(NOW), some(limit.binding(NOW)).origin) == (250_000, "schedule")
    assert limit.events[-1].end >= NOW + application.cycle.settings.policy.horizon
    assert webhook.bearer.admits("Bearer 0123456789abcdef")
    event = {"start": str(NOW), "end": str(NOW + HOUR), "kw": 100, "reason": "TSO"}
    webhook.events.post(event, NOW)
    limit = power.read(NOW)["east"]
    assert (limit.at(NOW), some(limit.binding(NOW)).reason) == (100_000, "TSO")
    assert limit.problems == ()


def test_nobody_can_post_unless_the_settings_say_so(tmp_path: Path) -> None:
    assert build(site(tmp_path)).webhook is None


TARIFF = """
[calendars.de]
zone = "Europe/Berlin"
[tariffs.night]
unit = "cents/kWh"
base = 11
bands = [{ calendar = "de", start = "22:00", end = "06:00", price = 7 }]
"""


def test_a_tariff_is_the_price_per_mwh_and_nobody_continues_it(tmp_path: Path) -> None:
    path = site(tmp_path, rest=f'price = {{ tariff = "night" }}\n{TARIFF}')
    found = some(build(path).cycle.world.signals.read(NOW)["east"].price)
    assert {round(value, 6) for value in found.values} == {110.0, 70.0}
    assert (found.source, found.forecast) == ("tariff night", None)
    assert found.end >= NOW + 4 * DAY


COSTS = """
[signals.clusters.east.temperature]
csv = "TEMPERATURE"
fixed_unit = "degC"
[costs.clusters.east]
pue = 1.3
pue_curve = [[0, 1.1], [30, 1.5]]
[costs.clusters.east.rates]
gpu_hour = 2.4
kw_per_gpu = 0.8
"""


def test_costs_reach_the_signals_and_the_cycle(tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text(f"time,value\n{NOW},15\n{NOW + HOUR},30\n{NOW + 2 * HOUR},0\n")
    os.utime(outside, (NOW, NOW))
    rest = "price = { constant = 90 }\n" + COSTS.replace("TEMPERATURE", str(outside))
    cycle = build(site(tmp_path, rest=rest)).cycle
    east = cycle.world.signals.read(NOW)["east"]
    pue = [round(some(some(east.pue).at(NOW + hour * HOUR)), 6) for hour in range(4)]
    assert pue == [1.3, 1.5, 1.1, 1.3]
    assert some(cycle.settings.rates["east"].of("gpu")).gpu_hour.base == 2.4
    assert some(east.price).at(NOW) == 90


def test_without_costs_there_is_no_pue_and_no_rate(tmp_path: Path) -> None:
    cycle = build(site(tmp_path)).cycle
    assert cycle.world.signals.read(NOW)["east"].pue is None
    assert cycle.settings.rates == {}


def test_a_fresh_daemon_forecasts_from_what_the_ledger_has(tmp_path: Path, url: str) -> None:
    path = site(tmp_path)
    path.write_text(path.read_text().replace("postgresql://nobody@127.0.0.1:9/away", url))
    first = build(path)
    first.cycle.world.signals.read(NOW)
    assert [problem for chore in first.cycle.world.chores for problem in chore(NOW)] == []
    first.close()
    measured = tmp_path / "carbon.csv"
    header, *rows = measured.read_text().splitlines()
    measured.write_text("\n".join([header, rows[0], *rows[-12:]]) + "\n")
    os.utime(measured, (NOW, NOW))
    fresh = build(path)
    found = some(fresh.cycle.world.signals.read(NOW)["east"].carbon)
    assert found.times[0] == START
    assert some(found.forecast).days > 3
    fresh.close()
