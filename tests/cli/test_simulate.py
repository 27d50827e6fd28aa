"""``slurm-energy simulate`` as a person runs it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from slurm_energy.cli import main
from tests.simulate.studies import GRID, JOBS

WITHOUT_SCIPY = """
import sys
sys.modules["scipy"] = None  # as if it were not installed
from slurm_energy.cli import main
main(prog_name="slurm-energy")
"""


@pytest.fixture
def jobs(tmp_path: Path) -> Path:
    path = tmp_path / "jobs.csv"
    path.write_text(JOBS)
    return path


def arguments(jobs: Path, *more: str) -> list[str]:
    return [
        "simulate",
        *("--jobs", str(jobs), "--carbon", f"{GRID}:east"),
        *("--start", "2026-02-02T00:00Z", "--hours", "240", *more),
    ]


def run(jobs: Path, *more: str) -> Result:
    return CliRunner().invoke(main, arguments(jobs, *more), prog_name="slurm-energy")


def test_it_writes_the_result_and_the_report_and_says_the_main_figures(
    jobs: Path, tmp_path: Path
) -> None:
    out, page = tmp_path / "out.json", tmp_path / "out.html"
    said = run(
        jobs,
        "--policy",
        "lowest-window",
        "--json",
        str(out),
        "--html",
        str(page),
        "--capacity",
        "9",
    )
    assert said.exit_code == 0, said.output
    assert "share of the bound: 0." in said.output
    assert "jobs 40; left out 0" in said.output
    found = json.loads(out.read_text())
    assert found["options"]["policy"] == "lowest-window"
    assert "on 9 units of east" in found["baseline_name"]
    assert page.read_text().startswith("<!DOCTYPE html>")


def test_json_on_standard_output_stands_alone(jobs: Path) -> None:
    found = json.loads(run(jobs, "--policy", "carbon-first", "--json", "-").stdout)
    assert found["policy_name"] == "carbon-first"
    assert found["counts"]["jobs"] == 40
    assert found["share_of_bound"] > 0.2


def test_it_says_whose_forecasts_were_taken(jobs: Path) -> None:
    said = run(jobs, "--policy", "carbon-first", "--forecast", "auto")
    assert "forecasts of carbon at east, steps: learned " in said.output


def test_a_policy_of_a_file_is_played(jobs: Path, tmp_path: Path) -> None:
    policy = tmp_path / "mine.toml"
    policy.write_text('[daemon]\ncluster = "east"\n[policy]\npreset = "carbon-first"\n')
    named, filed = (
        json.loads(run(jobs, "--policy", name, "--json", "-").stdout)
        for name in ("carbon-first", str(policy))
    )
    assert filed["policy"] == named["policy"]


def test_malformed_rows_are_refused_or_skipped_and_counted(jobs: Path) -> None:
    jobs.write_text(JOBS + "soon,60,1\n")
    refused = run(jobs, "--policy", "ecovisor")
    assert (refused.exit_code, refused.stderr.count("\n")) == (2, 1)
    assert "jobs.csv line 42" in refused.stderr
    skipped = run(jobs, "--policy", "ecovisor", "--skip-malformed")
    assert "malformed rows skipped 1" in skipped.output


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--policy", "fastest"], "policy fastest is neither a preset"),
        (["--slack", "6h"], "write it as short=6h,long=24h"),
        (["--start", "2030-01-01T00:00Z"], "tells nothing of the start 2030-01-01T00:00Z"),
        (["--carbon", f"{GRID}:north"], "no column 'north'"),
        (
            ["--json", "/nowhere/out.json", "--policy", "ecovisor"],
            "name a file that can be written",
        ),
    ],
)
def test_an_error_is_one_line(jobs: Path, more: list[str], told: str) -> None:
    said = run(jobs, *more)
    assert said.exit_code == 2
    assert told in said.stderr
    assert said.stderr.count("\n") == 1


def test_without_scipy_it_says_what_to_install(jobs: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-c", WITHOUT_SCIPY, *arguments(jobs)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 2
    assert said.stderr == (
        "slurm-energy: simulate needs scipy; install it: pip install 'slurm-energy[simulate]'\n"
    )


def test_a_pipe_sees_no_progress(jobs: Path) -> None:
    assert run(jobs, "--policy", "ecovisor").stderr == ""
