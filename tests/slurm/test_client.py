"""What both sources share: the outcome of an update, and which cluster is behind."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from slurm_energy.errors import SlurmUnavailable
from slurm_energy.model.decision import Fate, Update
from slurm_energy.model.job import Job, JobKey, JobState
from slurm_energy.slurm.client import Client, Load
from slurm_energy.slurm.commands import Commands
from slurm_energy.slurm.facts import Facts
from slurm_energy.slurm.fates import fate
from slurm_energy.slurm.pulse import Totals
from tests.builders import NOON, make_job
from tests.fakes import FakeClock
from tests.slurm.commands import Bin
from tests.slurm.test_siteconfig import MULTIFACTOR


class ListSource:
    """Jobs from a list; gives up after so many updates."""

    def __init__(self, *jobs: Job, dies_after: int = 10_000) -> None:
        self._jobs = jobs
        self._left = dies_after
        self.sent: list[Update] = []
        self.requeued: list[int] = []

    def jobs(self) -> tuple[Job, ...]:
        return self._jobs

    def shows(self, *jobs: Job) -> None:
        self._jobs = jobs

    def load(self) -> Load:
        return Load(32, 8, Totals(1, 0, 0, 0, 0, 0))

    def update(self, updates: Sequence[Update]) -> Sequence[str]:
        self._left -= len(updates)
        if self._left < 0:
            raise SlurmUnavailable("slurmctld gave no answer to update in 20 s")
        self.sent += updates
        return [""] * len(updates)

    def requeue(self, job_id: int) -> str:
        self.requeued.append(job_id)
        return ""

    def close(self) -> None:
        """Nothing is held."""


def make_client(source: ListSource, cluster: str = "east") -> Client:
    commands = Commands(None, limit=5)
    clock = FakeClock()
    return Client(cluster, source, commands, Facts(commands, clock), clock)


def updates_of(jobs: Sequence[Job]) -> list[Update]:
    return [Update(JobKey("east", job.job_id, 0), site_factor=1) for job in jobs]


@pytest.mark.parametrize(
    ("complaint", "expected"),
    [
        ("", Fate.SENT),
        ("Invalid job id specified", Fate.GONE),
        ("Job/step already completing or completed", Fate.GONE),
        ("Job is no longer pending execution", Fate.GONE),
        ("Unable to contact slurm controller (connect failure)", Fate.UNKNOWN),
        ("Socket timed out on send/recv operation", Fate.UNKNOWN),
        ("Access/permission denied", Fate.REFUSED),
        ("Requested operation is presently disabled", Fate.REFUSED),
    ],
)
def test_slurms_words_tell_the_fate(complaint: str, expected: Fate) -> None:
    assert fate(complaint) is expected


def test_jobs_that_are_not_pending_are_not_touched() -> None:
    jobs = [make_job(1), make_job(2, state=JobState.RUNNING), make_job(3, state=JobState.OTHER)]
    outcomes = make_client(ListSource(*jobs)).apply(updates_of(jobs))
    assert [outcome.fate for outcome in outcomes] == [Fate.SENT, Fate.GONE, Fate.GONE]


@pytest.mark.parametrize(
    ("change", "fate"),
    [
        ({"eligible_time": NOON + 60}, Fate.GONE),
        ({"site_factor": 7}, Fate.GONE),
        ({"site_factor": None}, Fate.SENT),
        ({"comment": "another"}, Fate.SENT),
    ],
)
def test_a_field_that_somebody_changed_since_it_was_read_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], fate: Fate
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    Bin(tmp_path).script(
        "scontrol",
        f"case \"$*\" in *config) cat <<'END'\n{MULTIFACTOR}\nEND\n;;\n"
        '*) echo \'{"partitions": [], "reservations": []}\' ;; esac\n',
    )
    before = make_job(1)
    source = ListSource(before)
    client = make_client(source)
    client.read()
    source.shows(replace(before, **change))
    (outcome,) = client.apply(updates_of([before]))
    assert outcome.fate is fate


def test_after_no_answer_nothing_more_is_sent() -> None:
    jobs = [make_job(job_id) for job_id in range(1, 1001)]
    outcomes = make_client(ListSource(*jobs, dies_after=390)).apply(updates_of(jobs))
    assert [outcome.fate for outcome in outcomes] == [Fate.SENT] * 390 + [Fate.UNKNOWN] * 610
    assert outcomes[-1].detail.startswith("not sent: ")


def test_two_updates_of_one_job_have_an_outcome_each() -> None:
    job = make_job(1)
    outcomes = make_client(ListSource(job)).apply(updates_of([job, job]))
    assert [outcome.fate for outcome in outcomes] == [Fate.SENT, Fate.SENT]


def test_the_configuration_of_another_cluster_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    Bin(tmp_path).says("scontrol", MULTIFACTOR)
    with pytest.raises(SlurmUnavailable, match="'west' is that of 'east'"):
        make_client(ListSource(), "west").read()


def stop(job: Job, run_start: int) -> Update:
    return Update(JobKey("east", job.job_id, 0), begin=NOON + 900, stop=True, run_start=run_start)


def silent_job(tmp_path: Path) -> None:
    """Its submission asked for no signal."""
    Bin(tmp_path).script(
        "scontrol", "case \"$*\" in *show*) echo '{\"jobs\": []}' ;; *) echo '#!/bin/sh' ;; esac\n"
    )


def test_stops_keep_their_place_among_the_outcomes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    silent_job(tmp_path)
    waits, runs, other = (
        make_job(1),
        make_job(2, state=JobState.RUNNING, start_time=NOON),
        make_job(3, state=JobState.RUNNING, start_time=NOON + 60),
    )
    source = ListSource(waits, runs, other)
    sent = [stop(other, NOON), stop(runs, NOON), *updates_of([waits])]
    outcomes = make_client(source).apply(sent)
    assert [outcome.update for outcome in outcomes] == sent
    assert [outcome.fate for outcome in outcomes] == [Fate.GONE, Fate.SENT, Fate.SENT]
    assert source.requeued == [2]
    assert [(update.key.job_id, update.begin) for update in source.sent] == [
        (2, NOON + 900),
        (1, None),
    ]


def test_after_a_stop_that_slurm_does_not_answer_no_other_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    Bin(tmp_path).says("scontrol", err="Unable to contact slurm controller\n", code=1)
    runs = [make_job(number, state=JobState.RUNNING, start_time=NOON) for number in (1, 2, 3)]
    source = ListSource(*runs)
    outcomes = make_client(source).apply([stop(job, NOON) for job in runs])
    assert [outcome.fate for outcome in outcomes] == [Fate.UNKNOWN] * 3
    assert [outcome.detail.startswith("not sent: ") for outcome in outcomes] == [False, True, True]
    assert source.requeued == []
