"""``signals test``: one live fetch, told in a few lines, and no secret among them."""

import json
import time
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from slurm_energy.cli import main
from tests.signals.conftest import speaker
from tests.signals.providers.test_carbonintensity import national, period
from tests.signals.speaker import Says, Speaker

__all__ = ["speaker"]

HALF = 1800


def configure(directory: Path, sources: str) -> Path:
    path = directory / "slurm-energy.toml"
    path.write_text(
        f"""
[daemon]
cluster = "east"
state_directory = "{directory}"
[slurm]
client = "commands"
[signals.clusters.east]
{sources}
"""
    )
    return path


def run(config: Path, *arguments: str) -> Result:
    runner = CliRunner(env={"COLUMNS": "200"})
    return runner.invoke(
        main, ["--config", str(config), "signals", "test", *arguments], prog_name="slurm-energy"
    )


def speaks(speaker: Speaker, ahead: int = 96) -> None:
    """A day measured and two days of forecast."""
    first = int(time.time()) // HALF * HALF
    told = [period(first + HALF * i, 200 + i, 210.0 if i < 0 else None) for i in range(-48, ahead)]
    speaker.says("/intensity/*", national(*told))


@pytest.fixture
def british(tmp_path: Path, speaker: Speaker) -> Path:
    gb = f'{{ carbon_intensity_gb = "national", url = "{speaker.address}" }}'
    return configure(
        tmp_path, f"carbon = [{gb}, {{ constant = 300 }}]\nprice = {{ constant = 40 }}"
    )


def test_what_came_back_in_a_few_lines(british: Path, speaker: Speaker) -> None:
    speaks(speaker)
    said = run(british, "east/carbon/1")
    assert said.exit_code == 0
    first, values, now, licence = click.unstyle(said.output).splitlines()
    assert first == "east/carbon/1: carbonintensity.org.uk national (127.0.0.1): ok"
    assert ", one each 30m, in gCO2eq/kWh, average" in values
    assert now.startswith("  now 200, issued ")
    assert "; tells 1d23h ahead" in now or "; tells 2d ahead" in now
    assert licence == "  licence: CC BY 4.0, NESO"


def test_json_has_all_of_it(british: Path, speaker: Speaker) -> None:
    speaks(speaker)
    (one,) = json.loads(run(british, "carbon_intensity_gb", "--json").output)
    assert (one["place"], one["ok"], one["resolution"]) == ("east/carbon/1", True, HALF)
    assert one["series"]["value"] == 200
    assert one["series"]["ahead"] > 40 * 3600


def test_a_provider_that_tells_no_future_is_said_to(british: Path, speaker: Speaker) -> None:
    speaks(speaker, ahead=1)
    assert "; tells no future" in run(british, "east/carbon/1").output


@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        ((), ["east/carbon/1", "east/carbon/2", "east/price/1"]),
        (("east",), ["east/carbon/1", "east/carbon/2", "east/price/1"]),
        (("east/carbon",), ["east/carbon/1", "east/carbon/2"]),
        (("constant",), ["east/carbon/2", "east/price/1"]),
        (("Carbonintensity.org.uk national",), ["east/carbon/1"]),
    ],
)
def test_sources_are_named_by_place_key_or_name(
    british: Path, speaker: Speaker, wanted: tuple[str, ...], places: list[str]
) -> None:
    speaks(speaker)
    assert [one["place"] for one in json.loads(run(british, *wanted, "--json").output)] == places


def test_a_name_that_nothing_has_is_a_usage_error(british: Path) -> None:
    said = run(british, "west")
    assert said.exit_code == 2
    assert "'west' names no source; configured: east/carbon/1 (carbonintensity" in said.stderr


def test_no_signals_at_all(tmp_path: Path) -> None:
    said = run(configure(tmp_path, ""))
    assert said.exit_code == 2
    assert "no signal is configured" in said.stderr


@pytest.mark.parametrize(
    ("says", "told"),
    [
        (Says("", 401), "HTTP 401 Unauthorized; the token is wrong or has expired: renew it"),
        (Says("", 503), "HTTP 503 Service Unavailable"),
        (Says("<html>sign in</html>"), "HTML instead of JSON"),
        (Says('{"data": []}'), "an answer without values"),
    ],
)
def test_what_went_wrong_is_one_line_with_its_cure(
    british: Path, speaker: Speaker, says: Says, told: str
) -> None:
    speaker.says("/intensity/*", says)
    said = run(british, "east/carbon/1")
    assert said.exit_code == 1
    first, problem = click.unstyle(said.output).splitlines()
    assert first.endswith("(127.0.0.1): failed")
    assert told in problem


def test_a_token_that_is_missing_is_named_and_one_that_is_there_is_not_shown(
    tmp_path: Path, speaker: Speaker
) -> None:
    token = tmp_path / "token"
    zone = f'electricity_maps = "DE", token = "{token}", url = "{speaker.address}"'
    config = configure(tmp_path, f"carbon = {{ {zone} }}")
    missing = run(config)
    assert missing.exit_code == 1
    assert f"problem: {token}: No such file or directory; put the token there" in missing.output
    token.write_text("s3cr3t-token")
    refused = run(config)
    assert refused.exit_code == 1
    assert "s3cr3t" not in refused.output + run(config, "--json").output


def test_a_file_is_read_with_its_faults(tmp_path: Path) -> None:
    file = tmp_path / "carbon.csv"
    config = configure(tmp_path, f'carbon = {{ csv = "{file}" }}')
    assert f"problem: {file}: No such file or directory; there is no series" in run(config).output
    hour = int(time.time()) // 3600 * 3600
    file.write_text(f"time,value,unit\n{hour},300,gCO2eq/kWh\n{hour + 3600},x,gCO2eq/kWh\n")
    assert "line 3: value 'x'" in run(config).output
    file.write_text(f"time,value,unit\n{hour},300,g CO2/kWh\n{hour + 3600},310,g CO2/kWh\n")
    said = run(config)
    assert said.exit_code == 0
    assert f"east/carbon/1: csv ({file}): ok" in click.unstyle(said.output)
