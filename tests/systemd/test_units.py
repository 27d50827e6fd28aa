"""The units, judged by systemd itself."""

import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[2] / "systemd"
DAEMON, RELEASE = "slurm-energyd.service", "slurm-energy-release.service"
EXPOSURE = 15
"""1.5, in tenths."""


def settings(name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (UNITS / name).read_text().splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


@pytest.mark.parametrize("name", [DAEMON, RELEASE])
def test_systemd_finds_it_little_exposed(name: str) -> None:
    argv = ["systemd-analyze", "security", "--offline=yes", f"--threshold={EXPOSURE}"]
    said = subprocess.run([*argv, str(UNITS / name)], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout.splitlines()[-1]


def test_systemd_understands_every_line(tmp_path: Path) -> None:
    for name in (DAEMON, RELEASE):
        text = (UNITS / name).read_text()
        for program in ("slurm-energyd", "slurm-energy"):
            text = text.replace(f"ExecStart={program}", "ExecStart=/bin/true")
        (tmp_path / name).write_text(text)
    argv = ["systemd-analyze", "verify", str(tmp_path / DAEMON), str(tmp_path / RELEASE)]
    said = subprocess.run(argv, capture_output=True, text=True, check=False)
    complaints = [line for line in said.stderr.splitlines() if "slurm-energy" in line]
    # systemd before 254 does not know it and behaves so anyway.
    assert [line for line in complaints if "RestartMode" not in line] == []


def test_the_release_is_made_when_the_daemon_failed_for_good() -> None:
    daemon, release = settings(DAEMON), settings(RELEASE)
    assert daemon["OnFailure"] == [RELEASE]
    assert release["ExecStart"][0].startswith("slurm-energy release --all ")
    assert release["StateDirectory"] == daemon["StateDirectory"]
    assert release["User"] == daemon["User"]


def test_a_daemon_that_hangs_every_time_fails_for_good() -> None:
    """The watchdog's period times the permitted starts must lie within the counting interval."""
    daemon = settings(DAEMON)
    period = int(daemon["WatchdogSec"][0]) + int(daemon["RestartSec"][0])
    interval = int(daemon["StartLimitIntervalSec"][0].removesuffix("min")) * 60
    assert period * int(daemon["StartLimitBurst"][0]) <= interval
