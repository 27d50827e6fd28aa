"""The client that needs nothing but Slurm's commands: how it calls them and what it makes of it."""

import json
from pathlib import Path
from typing import Any

import pytest

from slurm_energy.errors import SlurmUnavailable
from slurm_energy.model.decision import Update
from slurm_energy.model.job import JobKey, Node
from slurm_energy.slurm.client_commands import CommandSource
from slurm_energy.slurm.commands import Commands
from tests.slurm.commands import Bin, squeue_job


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bin:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    slurm = Bin(tmp_path)
    slurm.says_json("squeue", {"jobs": [squeue_job(100), squeue_job(101)]})
    slurm.says("sprio", " 100 55\n")
    slurm.says("scontrol")
    return slurm


@pytest.fixture
def source() -> CommandSource:
    return CommandSource("east", Commands("/etc/slurm/east.conf", limit=2))


def update(job_id: int, **changes: Any) -> Update:
    return Update(JobKey("east", job_id, 0), **changes)


def test_only_the_clusters_own_records_are_asked_for(slurm: Bin, source: CommandSource) -> None:
    assert [job.job_id for job in source.jobs()] == [100, 101]
    assert slurm.argv("squeue") == ["--local", "--all", "--states=all", "--json"]
    assert slurm.env("squeue")["SLURM_CONF"] == "/etc/slurm/east.conf"


def test_the_daemons_own_environment_changes_no_command(
    slurm: Bin, source: CommandSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SQUEUE_STATES", "RUNNING")
    source.jobs()
    assert "SQUEUE_STATES" not in slurm.env("squeue")


def test_site_factors_are_known_of_jobs_sprio_shows(slurm: Bin, source: CommandSource) -> None:
    slurm.says("sprio", "  100        55\n  102 -7\n")
    assert [job.site_factor for job in source.jobs()] == [55, None]


def test_without_multifactor_no_site_factor_is_known(slurm: Bin, source: CommandSource) -> None:
    slurm.says("sprio", err="You are not running a supported priority plugin\n", code=1)
    assert [job.site_factor for job in source.jobs()] == [None, None]


def test_updates_go_through_one_scontrol(slurm: Bin, source: CommandSource) -> None:
    updates = [update(100, begin=1_790_000_000, site_factor=-3), update(101, site_factor=0)]
    assert source.update(updates) == ["", ""]
    assert slurm.stdin("scontrol").splitlines() == [
        "update jobid=100 starttime=uts1790000000 sitefactor=-3",
        "update jobid=101 sitefactor=0",
    ]


def test_a_job_goes_back_by_scontrol(slurm: Bin, source: CommandSource) -> None:
    assert source.requeue(100) == ""
    assert slurm.argv("scontrol") == ["--local", "requeue", "100"]


def test_a_refused_requeue_is_told_without_the_job(slurm: Bin, source: CommandSource) -> None:
    said = "Requested operation is presently disabled for job 100\n"
    slurm.says("scontrol", err=said, code=1)
    assert source.requeue(100) == "Requested operation is presently disabled"


def test_a_complaint_belongs_to_the_job_it_names(slurm: Bin, source: CommandSource) -> None:
    slurm.says("scontrol", err="Invalid job id specified for job 100\n", code=1)
    updates = [update(100, site_factor=1), update(101, site_factor=1)]
    assert source.update(updates) == ["Invalid job id specified", ""]


def test_a_complaint_about_no_job_leaves_all_unknown(slurm: Bin, source: CommandSource) -> None:
    slurm.says("scontrol", err="scontrol: error: resolve_ctls failed\n", code=1)
    with pytest.raises(SlurmUnavailable, match="resolve_ctls failed"):
        source.update([update(100, site_factor=1)])


def test_a_failure_without_a_word_leaves_all_unknown(slurm: Bin, source: CommandSource) -> None:
    slurm.says("scontrol", code=1)
    with pytest.raises(SlurmUnavailable, match="exit status 1"):
        source.update([update(100, site_factor=1)])


@pytest.mark.parametrize(
    ("out", "err", "code", "message"),
    [
        ("", "squeue: error: Unable to contact slurm controller\n", 1, "Unable to contact"),
        ("slurm_load_jobs error", "", 0, "no JSON"),
        ("[]", "", 0, "JSON, but no object"),
        ("{}", "", 0, "no list 'jobs'"),
        (json.dumps({"jobs": [{"job_id": "7"}]}), "", 0, "job_id is '7'"),
    ],
)
def test_a_useless_answer_is_one_clear_line(
    slurm: Bin, source: CommandSource, out: str, err: str, code: int, message: str
) -> None:
    slurm.says("squeue", out, err, code)
    with pytest.raises(SlurmUnavailable, match=message) as error:
        source.jobs()
    assert "\n" not in str(error.value)


def test_a_command_that_hangs_is_given_up(slurm: Bin, source: CommandSource) -> None:
    slurm.says("squeue", wait=60)
    with pytest.raises(SlurmUnavailable, match="squeue gave no answer in 2 s"):
        source.jobs()


def test_a_missing_command_names_the_cure(slurm: Bin, source: CommandSource) -> None:
    (slurm.path / "squeue").unlink()
    with pytest.raises(SlurmUnavailable, match="install Slurm's client commands"):
        source.jobs()


def test_nodes_are_read_with_the_load(slurm: Bin, source: CommandSource) -> None:
    node = {"name": "east0", "cpus": 64, "real_memory": 512_000, "gres": "gpu:h100:8"}
    idle = node | {"gres_used": "gpu:h100:3(IDX:0-2)", "state": ["MIXED"]}
    drained = node | {"name": "east1", "state": ["IDLE", "DRAIN"]}
    slurm.says_json("scontrol", {"nodes": [idle, drained]})
    counters = {
        "server_thread_count": 3,
        "dbd_agent_queue_size": 4,
        "schedule_cycle_total": 10,
        "schedule_cycle_sum": 1200,
        "rpcs_by_message_type": [],
    }
    slurm.says_json("sdiag", {"statistics": counters})
    load = source.load()
    assert (load.gpus_total, load.gpus_idle) == (8, 5)
    assert load.nodes == (
        Node("east0", 64, 512_000, 8, "h100"),
        Node("east1", 64, 512_000, 8, "h100", usable=False),
    )
