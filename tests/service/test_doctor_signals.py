"""Each thing that goes wrong with signals is one line with its cure."""

import os
import pwd
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from slurm_energy.config.load import load
from slurm_energy.service.doctor_signals import FileFacts, SignalFacts, examine_signals
from slurm_energy.service.finding import Finding, Verdict
from slurm_energy.service.gather_signals import gather_signals, readable
from tests.builders import HOUR, NOON

SOURCE: dict[str, Any] = {
    "name": "electricitymaps.com DE",
    "signal": "carbon",
    "fetches": 3,
    "failures": 0,
    "failing_since": None,
    "problem": "",
    "refused": False,
    "clock_ahead": 1,
    "up": True,
}
SERIES: dict[str, Any] = {
    "value": 312.0,
    "unit": "gCO2eq/kWh",
    "source": "electricitymaps.com DE",
    "age": 120,
    "since": NOON - 28 * 24 * HOUR,
    "gaps": [],
    "ends": NOON + 30 * HOUR,
    "forecast": None,
}
EAST: dict[str, Any] = {"cluster": "east", "carbon": SERIES, "price": None, "problems": []}
GOOD = SignalFacts(
    files=(FileFacts("electricity_maps token", "/etc/token", None),),
    configured={("east", "carbon"): ["electricitymaps.com DE", "/data/carbon.csv"]},
    clusters={"east": EAST},
    sources=(SOURCE,),
    at=NOON,
)


def failing(problem: str, **changes: Any) -> SignalFacts:
    down = {"up": False, "failing_since": NOON, "problem": problem}
    return replace(GOOD, sources=(SOURCE | down | changes,))


def east(**changes: Any) -> SignalFacts:
    return replace(GOOD, clusters={"east": EAST | changes})


def wrong(facts: SignalFacts) -> Finding:
    (finding,) = [one for one in examine_signals(facts) if one.verdict is not Verdict.OK]
    assert finding.cure
    assert "\n" not in finding.seen + finding.cure
    return finding


def test_sound_signals_are_all_ok() -> None:
    assert [one.name for one in examine_signals(GOOD)] == [
        "electricity_maps token",
        "electricitymaps.com DE carbon",
        "electricitymaps.com DE carbon: clock",
        "east: carbon",
    ]
    assert {one.verdict for one in examine_signals(GOOD)} == {Verdict.OK}
    idle = replace(GOOD, sources=(SOURCE | {"up": None, "clock_ahead": None},))
    assert {one.verdict for one in examine_signals(idle)} == {Verdict.OK}


def test_without_a_daemon_only_the_files_are_judged() -> None:
    facts = SignalFacts(files=GOOD.files, configured=GOOD.configured)
    assert [one.name for one in examine_signals(facts)] == ["electricity_maps token"]


def test_a_provider_that_does_not_answer_is_told_since_when() -> None:
    found = wrong(
        failing("electricitymaps.com DE: api.example: no connection (ConnectError); is it up?")
    )
    assert found.verdict is Verdict.WARN
    assert found.seen.startswith("no use since 2026-")
    assert found.seen.endswith(" UTC: api.example: no connection (ConnectError)")
    assert found.cure.startswith("is it up?; then: slurm-energy signals test 'elec")


@pytest.mark.parametrize("code", ["401 Unauthorized", "403 Forbidden"])
def test_a_wrong_token_fails(code: str) -> None:
    told = f"maps DE: api.example: HTTP {code}; the token is wrong or has expired: renew it"
    found = wrong(failing(told, refused=True))
    assert found.verdict is Verdict.FAIL
    assert code in found.seen
    assert "renew it" in found.cure


@pytest.mark.parametrize("ahead", [301, -301])
def test_a_clock_that_is_off_is_told_with_its_sign(ahead: int) -> None:
    found = wrong(replace(GOOD, sources=(SOURCE | {"clock_ahead": ahead},)))
    assert (found.verdict, found.seen) == (Verdict.FAIL, f"{ahead:+} s against ours")
    assert "chrony" in found.cure


def test_a_value_that_cant_be_is_told_with_what_is_allowed() -> None:
    told = "now -40.0: -40 gCO2eq/kWh; allowed 0 to 3000; the answer is not used"
    found = wrong(failing(f"electricitymaps.com DE: {told}"))
    assert found.seen.endswith("UTC: now -40.0: -40 gCO2eq/kWh; allowed 0 to 3000")
    assert found.cure.startswith("ask the provider if it lasts; then: ")


def test_an_unknown_signal_tells_its_own_problem_and_not_anothers() -> None:
    others = "tariffs.example: HTTP 503; there is no series"
    own = "/data/carbon.csv: No such file or directory; there is no series"
    found = wrong(east(carbon=None, problems=[others, own]))
    assert found.seen == "unknown: /data/carbon.csv: No such file or directory"
    assert found.cure == "slurm-energy signals test east/carbon"
    assert wrong(east(carbon=None, problems=[others])).seen == "unknown: nothing was told yet"


def test_a_stale_signal_fails_with_its_age() -> None:
    told = "carbon from maps DE: 300 gCO2eq/kWh is stale, 130000 s old, allowed 129600 s; see what"
    found = wrong(east(carbon=None, problems=["price from x: is stale; x", told]))
    assert (found.verdict, found.name) == (Verdict.FAIL, "east: carbon")
    assert "is stale, 130000 s old" in found.seen
    assert found.cure.endswith("slurm-energy signals test east/carbon")


def test_too_little_history_and_no_forecast() -> None:
    short = SERIES | {"ends": NOON + 2 * HOUR, "since": NOON - 9 * HOUR, "gaps": [[NOON, NOON]]}
    found = wrong(east(carbon=short))
    assert found.verdict is Verdict.WARN
    assert found.seen == "tells 2.0 h ahead, and 9.0 h of its past are known"
    assert "signals import" in found.cure
    off = replace(east(carbon=short), forecasts=False)
    assert {one.verdict for one in examine_signals(off)} == {Verdict.OK}


def test_an_exposed_token_and_a_missing_file() -> None:
    token = FileFacts("electricity_maps token", "/etc/token", None, exposed=True)
    assert "chmod o-rwx /etc/token" in wrong(replace(GOOD, files=(token,))).cure
    missing = FileFacts("csv file", "/data/carbon.csv", "No such file or directory")
    found = wrong(replace(GOOD, files=(missing,)))
    assert found.seen == "/data/carbon.csv: No such file or directory"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Sources with a token and a file, for a daemon that does not run."""
    config = tmp_path / "slurm-energy.toml"
    config.write_text(
        f"""
[daemon]
cluster = "east"
state_directory = "{tmp_path}"
socket = "{tmp_path}/query.sock"
[signals.clusters.east]
carbon = [
  {{ electricity_maps = "DE", token = "{tmp_path}/token" }},
  {{ csv = "{tmp_path}/carbon.csv" }},
]
"""
    )
    return tmp_path


def files(site: Path, uid: int = 0) -> dict[str, FileFacts]:
    facts = gather_signals(load(site / "slurm-energy.toml"), uid)
    assert facts.clusters is None
    return {one.name: one for one in facts.files}


def test_files_are_looked_at_as_the_daemons_user_sees_them(site: Path) -> None:
    found = files(site)
    assert found["electricity_maps token"].problem == "No such file or directory"
    assert found["csv file"].problem == "No such file or directory"
    (site / "token").write_text("abc\n")
    (site / "carbon.csv").write_text("")
    (site / "token").chmod(0o644)
    assert files(site)["electricity_maps token"].exposed
    (site / "token").chmod(0o600)
    found = files(site)
    assert not found["electricity_maps token"].exposed
    assert {one.problem for one in found.values()} == {None}
    (site / "token").write_text("two\nlines\n")
    told = files(site)["electricity_maps token"].problem
    assert told == "expected one line with the token and nothing else"


def test_a_token_of_roots_is_none_for_the_daemon(site: Path) -> None:
    nobody = pwd.getpwnam("nobody").pw_uid
    (site / "token").write_text("abc\n")
    (site / "token").chmod(0o600)
    if (site / "token").stat().st_uid != os.geteuid() or os.geteuid() == nobody:
        pytest.skip("the file must be another account's")
    assert files(site, nobody)["electricity_maps token"].problem == "can't be read by nobody"


def test_permission_bits_of_owner_group_and_others(tmp_path: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    path = Path("/tmp") / f"se-readable-{os.getpid()}"
    path.write_text("")
    try:
        for mode, may in ((0o604, True), (0o640, False)):
            path.chmod(mode)
            assert readable(path, nobody.pw_uid) is may
        if os.geteuid() == 0:
            os.chown(path, 0, nobody.pw_gid)
            assert readable(path, nobody.pw_uid)
            path.chmod(0o604)
            assert not readable(path, nobody.pw_uid), "the group's bits count for the group"
    finally:
        path.unlink()
    with pytest.raises(FileNotFoundError):
        readable(tmp_path / "none", 0)


def test_a_list_of_two_kinds_is_refused_before_anything_runs(site: Path) -> None:
    config = site / "slurm-energy.toml"
    config.write_text(
        """
[signals.clusters.east]
carbon = [{ constant = 300 }, { constant = 300, kind = "marginal" }]
"""
    )
    with pytest.raises(Exception, match="average and marginal can't stand in for one another"):
        load(config)
