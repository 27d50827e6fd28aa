"""How jobs ended, from sacct; text of users can forge nothing."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from slurm_energy.errors import SlurmUnavailable
from slurm_energy.model.decision import JobEnd
from slurm_energy.model.job import JobKey
from slurm_energy.slurm import accounting, annotation
from slurm_energy.slurm.commands import Commands
from tests.builders import make_annotation

COMMANDS = Commands(None, limit=5)
ORIGINS = {1: "east", 2: "west"}
RECORD = {
    "JobIDRaw": "100",
    "Submit": "1790000000",
    "JobName": "eval",
    "User": "alice",
    "Account": "research",
    "Partition": "gpu",
    "State": "COMPLETED",
    "Eligible": "1790000060",
    "Start": "1790000100",
    "End": "1790003700",
    "TimelimitRaw": "60",
    "ReqTRES": "cpu=1,gres/gpu=2,node=1",
    "AllocTRES": "cpu=2,gres/gpu=2,node=1",
    "NodeList": "east-gpu1",
    "AdminComment": "slurm-energy:class=evaluation",
    "NNodes": "1",
}

SACCT = """#!/usr/bin/python3
import sys
mark = next(a for a in sys.argv if a.startswith("--delimiter=")).partition("=")[2]
names = next(a for a in sys.argv if a.startswith("--format=")).partition("=")[2].split(",")
for record in RECORDS:
    print(mark.join(record[name] for name in names))
"""


@pytest.fixture
def sacct(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path / "sacct"


def ended(
    sacct: Path,
    *records: dict[str, str],
    since: int = 0,
    until: int | None = None,
    types: Mapping[str, str] = accounting.NO_TYPES,
) -> tuple[JobEnd, ...]:
    sacct.write_text(SACCT.replace("RECORDS", repr([RECORD | record for record in records])))
    sacct.chmod(0o755)
    return accounting.ended(COMMANDS, "east", since, ORIGINS, until, types)


def test_a_job_that_completed(sacct: Path) -> None:
    assert ended(sacct, {}) == (
        JobEnd(
            key=JobKey("east", 100, 1_790_000_000),
            ran_on="east",
            name="eval",
            user="alice",
            account="research",
            partition="gpu",
            state="COMPLETED",
            eligible=1_790_000_060,
            start=1_790_000_100,
            end=1_790_003_700,
            time_limit=3600,
            gpus=2,
            cpus=2,
            nodes=1,
            admin_comment="slurm-energy:class=evaluation",
        ),
    )


@pytest.mark.parametrize(
    ("tres", "joules"),
    [
        ("cpu=2,energy=1440000,gres/gpu=2", 1_440_000),
        ("cpu=2,energy=0", None),
        ("cpu=2,energy=18446744073709551614", None),
        ("cpu=2,gres/gpu=2", None),
    ],
)
def test_energy_is_known_where_somebody_counted(sacct: Path, tres: str, joules: int | None) -> None:
    (end,) = ended(sacct, {"AllocTRES": tres})
    assert end.energy == joules


@pytest.mark.parametrize(
    ("tres", "nodes", "found"),
    [
        ("cpu=2,gres/gpu=2,gres/gpu:h100=2", "east-gpu[1-2]", "h100"),
        ("cpu=2,gres/gpu=2,gres/gpu:h100=1,gres/gpu:a100=1", "east-gpu[1-2]", ""),
        ("cpu=2,gres/gpu=2", "east-gpu[1-2]", "a100"),
        ("cpu=2,gres/gpu=2", "east-gpu[1-3]", ""),
        ("cpu=2,gres/gpu=2", "east-gone", ""),
        ("cpu=2", "east-gpu1", ""),
        ("", "None assigned", ""),
    ],
)
def test_the_gpu_type_is_that_of_its_tres_else_of_its_nodes(
    sacct: Path, tres: str, nodes: str, found: str
) -> None:
    types = {"east-gpu1": "a100", "east-gpu2": "a100", "east-gpu3": "h100"}
    (end,) = ended(sacct, {"AllocTRES": tres, "NodeList": nodes}, types=types)
    assert end.gpu_type == found


def test_a_job_keeps_the_name_its_origin_gave_it_wherever_it_ran(sacct: Path) -> None:
    away = str((2 << 26) + 100)
    (end,) = ended(sacct, {"JobIDRaw": away})
    assert (end.key.cluster, end.key.job_id, end.ran_on) == ("west", (2 << 26) + 100, "east")


def test_an_annotated_job_keeps_its_original_submit(sacct: Path) -> None:
    noted = annotation.render(make_annotation(submit=1_789_999_999))
    assert ended(sacct, {"AdminComment": noted})[0].key.submit == 1_789_999_999


def test_a_job_that_never_started_has_no_start(sacct: Path) -> None:
    (end,) = ended(sacct, {"State": "CANCELLED by 2001", "Start": "None", "AllocTRES": ""})
    assert (end.state, end.start, end.gpus) == ("CANCELLED", None, 2)


def test_a_limit_that_is_none_is_none(sacct: Path) -> None:
    assert ended(sacct, {"TimelimitRaw": "UNLIMITED"})[0].time_limit is None


def test_only_ends_from_then_on_are_told_in_order(sacct: Path) -> None:
    records = [{"JobIDRaw": str(number), "End": str(2_000_000 - number)} for number in range(5)]
    ends = ended(sacct, *records, since=1_999_997)
    assert [end.key.job_id for end in ends] == [3, 2, 1, 0]


def test_of_a_piece_of_the_past_only_what_ended_in_it_is_told(sacct: Path) -> None:
    records = [{"JobIDRaw": str(number), "End": str(1_999_995 + number)} for number in range(5)]
    ends = ended(sacct, *records, since=1_999_996, until=1_999_998)
    assert [end.key.job_id for end in ends] == [1, 2]


def test_sacct_is_asked_for_the_piece_alone(sacct: Path) -> None:
    sacct.write_text('#!/bin/sh\necho "$@" > "$0.asked"\n')
    sacct.chmod(0o755)
    accounting.ended(COMMANDS, "east", 2_000_000, ORIGINS, 3_000_000)
    asked = sacct.with_name("sacct.asked").read_text().split()
    assert "-Suts2000000" in asked
    assert "-Euts3000000" in asked


def test_each_run_of_a_requeued_job_is_told(sacct: Path) -> None:
    again = {"Submit": "1790009000", "End": "1790009900"}
    ends = ended(sacct, {"State": "REQUEUED"}, again)
    assert [(end.key.submit, end.state) for end in ends] == [
        (1_790_000_000, "REQUEUED"),
        (1_790_009_000, "COMPLETED"),
    ]


@pytest.mark.parametrize("text", ["a|b", "a\nb", "\n7|1|x", "a\x1fb", "two\n\nlines\n", ""])
def test_a_hostile_name_stays_a_name(sacct: Path, text: str) -> None:
    ends = ended(sacct, {"JobName": text}, {"JobIDRaw": "101", "AdminComment": text})
    assert [end.key.job_id for end in ends] == [100, 101]
    assert ends[0].name == text
    assert ends[1].admin_comment == text


def test_no_ends_are_none(sacct: Path) -> None:
    assert ended(sacct) == ()


def test_an_answer_cut_off_is_refused(sacct: Path) -> None:
    sacct.write_text(
        "#!/bin/sh\nfor a; do case $a in --delimiter=*) mark=${a#*=};; esac; done\n"
        'printf "%s" "100${mark}1790000000${mark}ev"\n'
    )
    sacct.chmod(0o755)
    with pytest.raises(SlurmUnavailable, match="the record of job '100' is cut off"):
        accounting.ended(COMMANDS, "east", 0, ORIGINS)
