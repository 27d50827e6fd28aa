"""The documents that are made from the schema are not stale, and the examples are valid."""

import re
from pathlib import Path

import pytest

from slurm_energy.config.document import document
from slurm_energy.config.load import load, parse
from slurm_energy.config.settings import Settings
from slurm_energy.errors import ConfigError
from slurm_energy.model.rules import Mode
from slurm_energy.slurm import siteconfig

PROJECT = Path(__file__).parents[2]
EXAMPLE = PROJECT / "etc/slurm-energy.toml"
SNIPPET = PROJECT / "etc/slurm.conf.snippet"
SETTING = re.compile(r"# (\[.*\]|[a-z_]+ = .*)")


def test_the_reference_is_what_the_schema_says() -> None:
    assert (PROJECT / "docs/configuration.md").read_text() == document()


def test_every_setting_has_a_meaning() -> None:
    assert "| None |" not in document()


def test_the_example_is_valid_and_changes_nothing_by_itself() -> None:
    settings = load(EXAMPLE)
    assert settings.site.mode is Mode.SHADOW
    assert settings == Settings()


def test_the_example_is_valid_with_everything_that_is_commented_out() -> None:
    lines = [
        match[1] if (match := SETTING.fullmatch(line)) else line
        for line in EXAMPLE.read_text().splitlines()
    ]
    text = "\n".join(lines).replace(
        "[site.clusters.east]", "[site.clusters.west]\n[site.clusters.east]"
    )
    settings = parse(text, "example")
    assert set(settings.slurm.conf) == {"east", "west"}
    assert [limit.name for limit in settings.limits] == ["students"]


def test_the_snippet_names_what_the_daemon_looks_for() -> None:
    named = set(re.findall(r"^#? ?([A-Z]\w+)=", SNIPPET.read_text(), re.MULTILINE))
    source = Path(siteconfig.__file__).read_text()
    assert named <= set(re.findall(r'"([A-Z]\w+)"', source))


def test_every_fault_of_a_file_is_named_at_once() -> None:
    text = """
[site]
mode = "full"
[policy]
slot = "soon"
[metrics]
listen = "0.0.0.0:1"
[bogus]
"""
    with pytest.raises(ConfigError) as raised:
        parse(text, "test.toml")
    assert [line.partition(": ")[2].partition(" ")[0] for line in raised.value.problems] == [
        "site.mode",
        "policy.slot",
        "metrics.listen",
        "bogus:",
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[policy]\nslot = "3h"\nhorizon = "1h"', "slot is longer than horizon"),
        ('[policy.classes.training]\nramp = "0s"', "policy.classes.training.ramp"),
    ],
)
def test_what_no_turn_could_plan_with_is_refused_at_the_door(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        parse(text, "test.toml")


def test_a_file_that_is_not_toml_is_one_line() -> None:
    with pytest.raises(ConfigError, match=r"test.toml is not TOML: .*line 1") as raised:
        parse("mode = = 1", "test.toml")
    assert len(raised.value.problems) == 1


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        load(tmp_path / "absent.toml")


def test_a_replay_without_offset_is_refused() -> None:
    text = """
[signals.replay]
start = "2026-01-01T00:00"
at = "2026-11-01T00:00Z"
"""
    with pytest.raises(ConfigError, match="has no offset"):
        parse(text, "test.toml")


def test_a_signal_for_an_unknown_cluster_is_refused() -> None:
    text = """
[site.clusters.east]
[signals.clusters.wset]
carbon = { constant = 300 }
"""
    with pytest.raises(ConfigError, match=r"signals.clusters.wset is no cluster.*allowed: east"):
        parse(text, "test.toml")


def test_a_duration_is_shown_as_it_is_written() -> None:
    settings = parse('[daemon]\ninterval = "90s"\n', "test.toml")
    assert settings.daemon.interval == 90
    assert '"interval":"90s"' in settings.model_dump_json()
    assert '"slot":"15m"' in settings.model_dump_json()
