"""Step by step from a running job to one that waits for its resumption."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from slurm_energy.errors import SlurmUnavailable
from slurm_energy.model.decision import Fate, Update
from slurm_energy.model.job import JobKey, JobState
from slurm_energy.slurm.commands import Commands
from slurm_energy.slurm.stop import over, step
from tests.builders import HOUR, NOON, make_job
from tests.slurm.commands import Bin

COMMANDS = Commands(None, limit=5)
STOP = Update(
    JobKey("east", 100, NOON), begin=NOON + HOUR, stop=True, run_start=NOON - HOUR, rank=2
)
TOLD = Update(STOP.key, begin=STOP.begin, stop=True, run_start=STOP.run_start, warned=NOON)


class Back:
    """Slurm's side of a requeue; complains as a test says."""

    def __init__(self, requeue: str = "", update: str = "") -> None:
        self._requeue, self._update = requeue, update
        self.did: list[object] = []

    def requeue(self, job_id: int) -> str:
        self.did.append(("requeue", job_id))
        return self._requeue

    def update(self, updates: Sequence[Update]) -> Sequence[str]:
        if self._update == "away":
            raise SlurmUnavailable("slurmctld gave no answer")
        self.did += [("begin", update.begin) for update in updates]
        return [self._update]


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bin:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    slurm = Bin(tmp_path)
    slurm.says("scancel")
    submitted(slurm, "--signal=B:USR1@30")
    return slurm


def submitted(slurm: Bin, option: str) -> None:
    """The job was submitted with this option."""
    shown = f'{{"jobs": [{{"submit_line": "sbatch {option} a.sh", "command": "/h/a.sh"}}]}}'
    slurm.script(
        "scontrol",
        f"case \"$*\" in *show*) echo '{shown}' ;; *script*) echo '#!/bin/sh' ;; esac\n",
    )


def test_a_job_is_told_first_and_runs_on(slurm: Bin) -> None:
    back = Back()
    outcome = step(STOP, back, COMMANDS, NOON)
    assert outcome.fate is Fate.SENT
    assert slurm.argv("scancel") == ["--batch", "--signal=USR1", "100"]
    assert back.did == []


def test_steps_alone_are_told_where_it_asked_so(slurm: Bin) -> None:
    submitted(slurm, "--signal=USR2")
    step(STOP, Back(), COMMANDS, NOON)
    assert slurm.argv("scancel") == ["--signal=USR2", "100"]


@pytest.mark.usefixtures("slurm")
@pytest.mark.parametrize(("seconds", "sent"), [(0, False), (29, False), (30, True), (900, True)])
def test_it_has_the_time_it_asked_for(seconds: int, sent: bool) -> None:
    back = Back()
    outcome = step(TOLD, back, COMMANDS, NOON + seconds)
    assert outcome.fate is Fate.SENT
    assert back.did == ([("requeue", 100), ("begin", NOON + HOUR)] if sent else [])


def test_nobody_is_told_twice(slurm: Bin) -> None:
    step(TOLD, Back(), COMMANDS, NOON + 30)
    assert not (slurm.path / "scancel.argv").exists()


def test_a_job_that_asked_for_no_signal_goes_back_at_once(slurm: Bin) -> None:
    submitted(slurm, "--time=5")
    back = Back()
    assert step(STOP, back, COMMANDS, NOON).fate is Fate.SENT
    assert back.did == [("requeue", 100), ("begin", NOON + HOUR)]
    assert not (slurm.path / "scancel.argv").exists()


def test_a_refused_signal_stops_nothing(slurm: Bin) -> None:
    slurm.says(
        "scancel",
        err="scancel: error: Kill job error on job id 100: Access/permission denied\n",
        code=1,
    )
    outcome = step(STOP, Back(), COMMANDS, NOON)
    assert (outcome.fate, outcome.detail) == (Fate.REFUSED, "Access/permission denied")


@pytest.mark.usefixtures("slurm")
@pytest.mark.parametrize(
    ("complaint", "fate"),
    [
        ("Requested operation is presently disabled", Fate.REFUSED),
        ("Job/step already completing or completed", Fate.GONE),
        ("Socket timed out on send/recv operation", Fate.UNKNOWN),
    ],
)
def test_a_refused_requeue_sets_no_begin(complaint: str, fate: Fate) -> None:
    back = Back(requeue=complaint)
    assert step(TOLD, back, COMMANDS, NOON + 60).fate is fate
    assert back.did == [("requeue", 100)]


@pytest.mark.usefixtures("slurm")
@pytest.mark.parametrize("complaint", ["Access/permission denied", "away"])
def test_a_job_that_is_back_without_our_begin_was_stopped_all_the_same(complaint: str) -> None:
    outcome = step(TOLD, Back(update=complaint), COMMANDS, NOON + 60)
    assert outcome.fate is Fate.SENT
    assert "its begin time is Slurm's own" in outcome.detail


def test_a_script_that_cannot_be_read_stops_nothing(slurm: Bin) -> None:
    slurm.script("scontrol", 'case "$*" in *show*) echo \'{"jobs": []}\' ;; *) exit 1 ;; esac\n')
    outcome = step(STOP, back := Back(), COMMANDS, NOON)
    assert (outcome.fate, back.did) == (Fate.REFUSED, [])
    assert outcome.detail.startswith("its script can't be read")


def test_a_controller_that_falls_silent_between_two_questions_is_unavailable(slurm: Bin) -> None:
    told = "echo 'Unable to contact slurm controller (connect failure)' >&2; exit 1"
    slurm.script("scontrol", f'case "$*" in *show*) echo \'{{"jobs": []}}\' ;; *) {told} ;; esac\n')
    with pytest.raises(SlurmUnavailable, match="Unable to contact"):
        step(STOP, Back(), COMMANDS, NOON)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, ""),
        ({"state": JobState.PENDING, "start_time": None}, "no longer running"),
        ({"state": JobState.OTHER}, "no longer running"),
        ({"start_time": NOON}, "another run since it was read"),
    ],
)
def test_only_the_run_that_was_decided_on_is_stopped(changes: dict[str, Any], why: str) -> None:
    running: dict[str, Any] = {"state": JobState.RUNNING, "start_time": NOON - HOUR}
    assert over(make_job(**(running | changes)), STOP) == why
    assert over(None, STOP) == "no longer running"
