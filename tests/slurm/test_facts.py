"""What changes slowly is asked for once and kept for a while."""

from pathlib import Path

import pytest

from slurm_energy.errors import SlurmUnavailable
from slurm_energy.slurm.commands import Commands
from slurm_energy.slurm.facts import Facts
from tests.fakes import FakeClock
from tests.slurm.commands import Bin
from tests.slurm.test_siteconfig import MULTIFACTOR


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bin:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    slurm = Bin(tmp_path)
    slurm.says("scontrol", MULTIFACTOR)
    return slurm


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def facts(clock: FakeClock) -> Facts:
    return Facts(Commands(None, limit=5), clock)


def test_settings_are_kept_for_five_minutes(slurm: Bin, facts: Facts, clock: FakeClock) -> None:
    assert facts.config().max_job_count == 10_000
    slurm.says("scontrol", MULTIFACTOR.replace("= 10000", "= 20000"))
    clock.time += 299
    assert facts.config().max_job_count == 10_000
    clock.time += 1
    assert facts.config().max_job_count == 20_000


def test_a_failure_is_not_kept(slurm: Bin, facts: Facts) -> None:
    slurm.says("scontrol", err="Unable to contact slurm controller\n", code=1)
    with pytest.raises(SlurmUnavailable):
        facts.config()
    slurm.says("scontrol", MULTIFACTOR)
    assert facts.config().cluster == "east"


def test_a_users_lowest_submit_limit_counts(slurm: Bin, facts: Facts) -> None:
    slurm.says("sacctmgr", "|\nroot|\nbob|50\nalice|200\nalice|100\n")
    assert facts.submit_limits() == (("alice", 100), ("bob", 50))
    assert "cluster=east" in slurm.argv("sacctmgr")


def test_without_accounting_there_are_no_submit_limits(slurm: Bin, facts: Facts) -> None:
    slurm.says("sacctmgr", err="You are not running a supported accounting_storage\n", code=1)
    assert facts.submit_limits() == ()
