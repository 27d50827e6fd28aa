"""The verbs as a user meets them: a daemon in its own process behind a real socket."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from slurm_energy.cli import main
from slurm_energy.errors import DaemonUnavailable
from slurm_energy.service.client import ask
from tests.service.parts import ROOT, eventually, running


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory with a configuration and a daemon that completed a turn."""
    directory = tmp_path_factory.mktemp("site")
    configure(directory)
    with running(directory):
        eventually(lambda: _answers(directory / "query.sock"))
        yield directory


def configure(directory: Path) -> Path:
    path = directory / "slurm-energy.toml"
    path.write_text(
        f"""
[daemon]
cluster = "east"
state_directory = "{directory}"
socket = "{directory}/query.sock"
rules_table = "{directory}/rules.table"
[slurm]
client = "commands"
"""
    )
    return path


def _answers(socket: Path) -> bool:
    try:
        return ask(socket, "status")["turn"] is not None
    except DaemonUnavailable:
        return False


def run(directory: Path, *arguments: str, width: int = 80) -> Result:
    runner = CliRunner(env={"COLUMNS": str(width)})
    config = str(directory / "slurm-energy.toml")
    return runner.invoke(main, ["--config", config, *arguments], prog_name="slurm-energy")


@pytest.mark.parametrize("width", [80, 200])
@pytest.mark.parametrize("verb", [["status"], ["queue"], ["signals"], ["explain", "100"]])
def test_every_line_fits(site: Path, verb: list[str], width: int) -> None:
    said = run(site, *verb, width=width)
    assert said.exit_code == 0, said.output
    assert max(map(len, said.output.splitlines())) <= width


def test_queue_at_80_keeps_what_matters_and_shows_more_at_200(site: Path) -> None:
    narrow, wide = (run(site, "queue", width=width).output for width in (80, 200))
    for title in ("JOBID", "USER", "CLASS", "DEADLINE", "SLACK", "DECISION"):
        assert title in narrow.splitlines()[0]
    for title in ("PARTITION", "CLUSTER", "gCO2/kWh", "PRICE", "REASON"):
        assert title in wide.splitlines()[0]
    assert "cleaner-later" in wide
    assert "nightly" in wide
    assert "defer" in narrow.splitlines()[1]


def test_explain_prints_the_terms_of_this_job(site: Path) -> None:
    said = run(site, "explain", "100").output
    assert "job 100 on east (alice, nightly): defer" in said
    assert "because: a later start before its latest start is better" in said
    for term in ("class evaluation", "urgency 20", "time limit 1h", "usual wait", "margin 15m"):
        assert term in said
    assert "run time: 1h is taken, from the time limit; no job like it has ended yet" in said
    table = said.split("starts compared")[1].splitlines()
    starts = [line.split("  ")[1] for line in table[2:5]]
    assert starts == ["at once", "chosen", "latest"]
    assert "history, newest first" in said


@pytest.mark.parametrize("copied", ["100_3", "100_[0-7%2]", "100+1"])
def test_a_number_as_squeue_shows_it_is_understood(site: Path, copied: str) -> None:
    assert run(site, "explain", copied).output.startswith("job 100 on east")


@pytest.mark.parametrize("verb", [["status"], ["queue"], ["signals"], ["explain", "100"]])
def test_json_is_what_the_daemon_answered(site: Path, verb: list[str]) -> None:
    said = json.loads(run(site, *verb, "--json").output)
    arguments = {"job": 100} if verb[0] == "explain" else {}
    answer = ask(site / "query.sock", verb[0], **arguments)
    said.pop("now", None), answer.pop("now", None)
    assert said == answer


def test_a_pipe_gets_whole_cells_and_no_colour(site: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "from slurm_energy.cli import main; main()",
            "--config",
            str(site / "slurm-energy.toml"),
            "queue",
        ],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "\x1b" not in said
    assert "…" not in said


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (["explain", "99999"], 2, "slurm-energy: job 99999 is neither in the queue nor in the"),
        (["explain", "x"], 2, "'x' is no job id; write a number that squeue shows"),
        (["release"], 2, "name either a JOB or --all"),
        (["release", "7", "--all"], 2, "name either a JOB or --all"),
        (["nothing"], 2, "No such command"),
    ],
)
def test_bad_input_is_exit_code_2(site: Path, arguments: list[str], code: int, line: str) -> None:
    said = run(site, *arguments)
    assert said.exit_code == code
    assert line in said.stderr


def test_no_daemon_is_exit_code_3_in_one_line(tmp_path: Path) -> None:
    configure(tmp_path)
    said = run(tmp_path, "status")
    assert said.exit_code == 3
    assert said.stderr.count("\n") == 1
    assert "the daemon does not answer" in said.stderr


def test_another_users_job_is_exit_code_4(tmp_path: Path) -> None:
    configure(tmp_path)
    with running(tmp_path, private=True):
        eventually(lambda: _answers(tmp_path / "query.sock"))
        said = run(tmp_path, "explain", "100")
        assert said.exit_code == 4
        assert said.stderr == "slurm-energy: job 100 is not among yours; Operators see the others\n"
        assert run(tmp_path, "queue").output == "no pending or running jobs that you may see\n"


def test_release_all_marks_and_writes_the_table_even_where_slurm_is_away(tmp_path: Path) -> None:
    configure(tmp_path)
    said = run(tmp_path, "release", "--all", "--reason", "a test")
    assert said.exit_code == 1
    assert "released 0 jobs" in said.output
    assert "problem: east:" in said.output
    assert "mode=off" in (tmp_path / "now.table").read_text()
    assert (tmp_path / "released").read_text() == "a test\n"
    assert run(tmp_path, "resume").output == "resumed; it was released: a test\n"
    assert run(tmp_path, "resume").output == "nothing was released\n"


def test_config_check_says_every_fault(tmp_path: Path) -> None:
    path = configure(tmp_path)
    assert run(tmp_path, "config", "check").output == f"{path}: fine\n"
    path.write_text('[daemon]\ninterval = "soon"\nfoo = 1\n')
    said = run(tmp_path, "config", "check")
    assert said.exit_code == 1
    assert "daemon.interval = 'soon'" in said.output
    assert "daemon.foo" in said.output
    assert run(tmp_path, "config", "show").exit_code == 2


def test_config_check_names_a_cluster_that_is_not_here(tmp_path: Path) -> None:
    path = configure(tmp_path)
    path.write_text(
        path.read_text() + "[signals.clusters.eats]\ncarbon = { constant = 90 }\n"
        "[signals.clusters.east]\ncarbon = { constant = 90 }\n[power.clusters.west]\n"
    )
    said = run(tmp_path, "config", "check")
    assert said.exit_code == 1
    assert [line.split(": ", 1)[1] for line in said.output.splitlines()] == [
        f"{place} is not the cluster here; allowed: east (daemon.cluster); mend the name, or state "
        "every cluster of the federation in [site.clusters.NAME]"
        for place in ("signals.clusters.eats", "power.clusters.west")
    ]
    assert "configuration: signals.clusters.eats is not the" in run(tmp_path, "doctor").output


def test_config_show_has_every_setting_and_install_rules_writes_the_table(tmp_path: Path) -> None:
    configure(tmp_path)
    assert 'daemon.interval = "30s"' in run(tmp_path, "config", "show").output
    shown = json.loads(run(tmp_path, "config", "show", "--json").output)
    assert shown["site"]["mode"] == "shadow"
    said = run(tmp_path, "config", "install-rules")
    assert said.output == f"written: {tmp_path}/rules.table\n"
    assert (tmp_path / "rules.table").read_text().startswith("slurm-energy-rules 1\n")


def test_doctor_without_slurm_fails_with_cures(tmp_path: Path) -> None:
    configure(tmp_path)
    said = run(tmp_path, "doctor")
    assert said.exit_code == 1
    assert "fail  daemon:" in said.output
    assert "cure: systemctl status slurm-energyd" in said.output
    assert max(map(len, said.output.splitlines())) <= 80
    assert {one["verdict"] for one in json.loads(run(tmp_path, "doctor", "--json").output)} <= {
        "ok",
        "warn",
        "fail",
    }


def test_completion_knows_the_verbs() -> None:
    environment = {
        "_SLURM_ENERGY_COMPLETE": "bash_complete",
        "COMP_WORDS": "slurm-energy re",
        "COMP_CWORD": "1",
    }
    runner = CliRunner(env=environment)
    said = runner.invoke(main, prog_name="slurm-energy")
    assert said.output.split() == ["plain,release", "plain,resume"]
