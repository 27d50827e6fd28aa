"""``signals import``: history from a file into the ledger, all or nothing, again without harm."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from slurm_energy.cli import main
from slurm_energy.ledger.history import HistoryTable
from slurm_energy.ledger.session import Session
from slurm_energy.model.history import Topic
from slurm_energy.model.series import Kind, Series, Signal
from slurm_energy.wiring import SystemClock
from tests.builders import some

HOUR = 3600
DAY = 24 * HOUR
CARBON = Topic("east", Signal.CARBON, Kind.AVERAGE)
LAST = SystemClock().now() // DAY * DAY
START = LAST - 30 * DAY


class Site:
    """A configuration with a database, and files beside it."""

    def __init__(self, directory: Path, url: str) -> None:
        self.directory, self.url = directory, url
        self.config = directory / "slurm-energy.toml"
        self.configure()

    def configure(self, more: str = "", kind: str = "average") -> None:
        self.config.write_text(
            f"""
[daemon]
cluster = "east"
state_directory = "{self.directory}"
[slurm]
client = "commands"
[ledger]
url = "{self.url}"
{more}
[signals.clusters.east]
carbon = {{ constant = 300, kind = "{kind}" }}
"""
        )

    def file(self, *values: float | None, start: int = START, name: str = "carbon.csv") -> Path:
        """A value an hour, written an hour after its last; None: no row."""
        path = self.directory / name
        rows = [
            f"{datetime.fromtimestamp(start + HOUR * i, UTC).isoformat()},{value},gCO2eq/kWh"
            for i, value in enumerate(values)
            if value is not None
        ]
        path.write_text("\n".join(["time,value,unit", *rows]) + "\n")
        os.utime(path, (start + HOUR * len(values),) * 2)
        return path

    def run(self, file: Path, *more: str, signal: str = "carbon") -> Result:
        words = ["signals", "import", str(file), "--cluster", "east", "--signal", signal, *more]
        runner = CliRunner(env={"COLUMNS": "200"})
        return runner.invoke(main, ["--config", str(self.config), *words], prog_name="slurm-energy")

    def answer(self, file: Path, *more: str) -> dict[str, object]:
        said = self.run(file, *more, "--json")
        assert said.exit_code == 0, said.output + said.stderr
        found: dict[str, object] = json.loads(said.output)
        return found

    def read(self, topic: Topic = CARBON) -> Series | None:
        session = Session(lambda: self.url, SystemClock())
        try:
            return HistoryTable(session).read(topic, 0, LAST)
        finally:
            session.close()


@pytest.fixture
def site(tmp_path: Path, url: str) -> Site:
    return Site(tmp_path, url)


def test_what_a_file_tells_of_the_past_is_in_the_ledger(site: Site) -> None:
    said = site.run(site.file(300, 310, 320))
    assert said.exit_code == 0, said.stderr
    assert said.output.startswith("east carbon (average): 3 values, ")
    assert said.output.endswith("; 3 new, 0 known already\n")
    assert some(site.read()).values == (300, 310, 320)
    assert some(site.read()).end == START + 3 * HOUR


def test_again_it_changes_nothing_and_a_corrected_file_corrects(site: Site) -> None:
    site.run(site.file(300, 310))
    assert site.answer(site.file(300, 310))["new"] == 0
    corrected = site.file(300, 305)
    os.utime(corrected, (START + DAY, START + DAY))
    assert site.answer(corrected)["new"] == 1
    assert some(site.read()).values == (300, 305)


def test_a_gap_stays_unknown_unless_values_are_said_to_hold_longer(site: Site) -> None:
    file = site.file(300, 310, None, None, 340, 350)
    assert site.answer(file)["gaps"] == 1
    assert some(site.read()).gaps == ((START + 2 * HOUR, START + 4 * HOUR),)
    assert (
        site.answer(site.file(300, None, None, 330, name="slow.csv"), "--longest-step", "3h")[
            "gaps"
        ]
        == 0
    )


def test_a_year_of_five_minutes_goes_in(site: Site) -> None:
    path = site.directory / "fine.csv"
    start = LAST - 340 * DAY
    rows = [f"{start + 300 * i},{i % 500}" for i in range(340 * 288)]
    path.write_text("\n".join(["when,grams", *rows]) + "\n")
    columns = ("--time", "when", "--value", "grams", "--fixed-unit", "gCO2/kWh")
    assert site.answer(path, *columns)["new"] == 340 * 288
    assert len(some(site.read()).times) == 340 * 288


def test_what_was_still_a_forecast_or_is_too_old_is_left_out_and_counted(site: Site) -> None:
    site.configure('retention = "29d"')
    file = site.file(*[300.0] * 72)
    os.utime(file, (START + 60 * HOUR, START + 60 * HOUR))
    done = site.answer(file)
    assert done["ahead"] == 12
    assert 24 <= int(str(done["old"])) <= 48
    assert done["new"] == 60 - int(str(done["old"]))


def test_faults_are_named_by_line_and_nothing_is_written(site: Site) -> None:
    file = site.file(300, 310)
    file.write_text(file.read_text() + "soon,1,gCO2eq/kWh\n2026-01-01T00:00Z,-4,gCO2eq/kWh\n")
    said = site.run(file)
    assert said.exit_code == 2
    assert f"slurm-energy: {file}: line 4: time 'soon'" in said.stderr
    assert "line 5: value -4" in said.stderr
    assert said.output.count("values") == 0
    with psycopg.connect(site.url) as connection:
        found = connection.execute("SELECT to_regclass('slurm_energy.signal_history')").fetchone()
    assert found == (None,), "not even the schema was made"


def test_a_price_has_no_kind_and_its_own_history(site: Site) -> None:
    path = site.directory / "price.csv"
    path.write_text(f"time,value,unit\n{START},-5,EUR/MWh\n{START + HOUR},40,EUR/MWh\n")
    assert site.run(path, signal="price").exit_code == 0
    assert some(site.read(Topic("east", Signal.PRICE, None))).values == (-5, 40)
    refused = site.run(path, "--kind", "average", signal="price")
    assert refused.exit_code == 2
    assert "a price has no kind" in refused.stderr


def test_the_kind_is_that_of_the_clusters_sources(site: Site) -> None:
    site.configure(kind="marginal")
    assert site.answer(site.file(300, 310))["kind"] == "marginal"
    assert site.answer(site.file(300, 310), "--kind", "average")["kind"] == "average"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["none.csv"], "No such file or directory; name a file that we may read"),
        (["notes.txt"], "allowed are files that end in .csv, .parquet"),
        (["ok.csv", "--cluster", "west"], "cluster 'west' is not configured; configured: east"),
        (["ok.csv", "--longest-step", "soon"], "longest-step 'soon' is not a duration"),
    ],
)
def test_wrong_words_are_told_in_one_line(site: Site, words: list[str], told: str) -> None:
    site.file(300, 310, name="ok.csv")
    said = site.run(site.directory / words[0], *words[1:])
    assert said.exit_code == 2
    assert told in said.stderr
    assert said.stderr.count("\n") == 1


def test_without_the_database_nothing_is_done_and_it_is_said(tmp_path: Path) -> None:
    site = Site(tmp_path, "postgresql://nobody@127.0.0.1:9/away")
    said = site.run(site.file(300, 310))
    assert said.exit_code == 1
    assert "the ledger's database is away" in said.stderr


def test_another_accounts_embedded_database_is_left_alone(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a directory away")
    (tmp_path / "state").mkdir()
    site = Site(tmp_path / "state", "")
    site.directory.chmod(0o755)
    os.chown(site.directory, 65534, 65534)
    site.config.write_text(site.config.read_text().replace('[ledger]\nurl = ""', ""))
    said = site.run(site.file(300, 310))
    assert said.exit_code == 4
    assert "sudo -u nobody" in said.stderr
