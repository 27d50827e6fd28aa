"""Slurm's own record, as text and as JSON: both become the same jobs."""

import json
from pathlib import Path
from typing import Any

import pytest

from slurm_energy.errors import InputError
from slurm_energy.model.contract import Annotation, Contract, WorkloadClass
from slurm_energy.simulate.traces import sacct, sacctjson
from slurm_energy.slurm.annotation import render
from tests.simulate.traces.builders import only, write

COLUMNS = {
    "JobID": "7",
    "JobName": "train-bert-3",
    "User": "alice",
    "Account": "nlp",
    "Partition": "gpu",
    "Submit": "2026-03-01T12:00:00",
    "Start": "2026-03-01T12:05:00",
    "End": "2026-03-01T13:35:00",
    "Elapsed": "01:30:00",
    "Timelimit": "1-00:00:00",
    "AllocTRES": "billing=24,cpu=24,gres/gpu:h100=2,gres/gpu=2,mem=200G,node=1",
    "NNodes": "1",
    "NCPUS": "24",
    "State": "COMPLETED",
    "Comment": "",
    "AdminComment": "",
}
NOON = 1_772_366_400


def dump(path: Path, *rows: dict[str, str], without: tuple[str, ...] = ()) -> Path:
    names = [name for name in COLUMNS if name not in without]
    lines = ["|".join((COLUMNS | row)[name] for name in names) for row in rows]
    return write(path, "|".join(names), *lines)


def test_a_row_becomes_a_job_counted_from_the_first_submit(tmp_path: Path) -> None:
    later = {"JobID": "8", "Submit": "2026-03-01T12:10:00", "State": "CANCELLED by 1000"}
    trace = sacct.read(dump(tmp_path / "d", later, {}))
    assert [job.submit for job in trace.jobs] == [0, 600]
    job = trace.jobs[0]
    assert (job.run, job.limit, job.gpus, job.cpus, job.nodes) == (5400, 86_400, 2, 24, 1)
    assert (job.user, job.account, job.name, job.partition) == (
        "alice",
        "nlp",
        "train-bert-3",
        "gpu",
    )


def test_steps_are_left_out_and_tasks_of_an_array_are_jobs(tmp_path: Path) -> None:
    rows = [{"JobID": name} for name in ("7", "7.batch", "7.0", "9_1", "9_2", "9_2.extern")]
    waiting = {"JobID": "9_[3-8%2]", "State": "PENDING", "Elapsed": "00:00:00"}
    trace = sacct.read(dump(tmp_path / "d", *rows, waiting))
    assert (len(trace.jobs), trace.never_ran) == (3, 1)


def test_a_dump_made_with_parsable_has_a_bar_at_each_lines_end(tmp_path: Path) -> None:
    path = dump(tmp_path / "d", {})
    path.write_text(path.read_text(encoding="utf-8").replace("\n", "|\n"), encoding="utf-8")
    assert only(sacct.read(path)).run == 5400


@pytest.mark.parametrize("state", ["PENDING", "RUNNING", "SUSPENDED"])
def test_a_job_that_has_not_ended_has_no_run_to_play(tmp_path: Path, state: str) -> None:
    assert sacct.read(dump(tmp_path / "d", {}, {"State": state})).never_ran == 1


@pytest.mark.parametrize(
    ("changes", "run"),
    [
        ({"Elapsed": "2-00:00:01"}, 172_801),
        ({"Elapsed": "05:30"}, 330),
        ({"Elapsed": ""}, 5400),
    ],
)
def test_the_run_is_what_elapsed_or_else_start_and_end_say(
    tmp_path: Path, changes: dict[str, str], run: int
) -> None:
    changes = {"Timelimit": "UNLIMITED"} | changes
    job = only(sacct.read(dump(tmp_path / "d", changes)))
    assert (job.run, job.limit) == (run, None)


def test_times_may_be_epoch_seconds_and_raw(tmp_path: Path) -> None:
    path = write(
        tmp_path / "d",
        "JobIDRaw|Submit|ElapsedRaw|TimelimitRaw|ReqTRES",
        f"7|{NOON}|90|60|cpu=4,gres/gpu=1,node=2",
        f"8|{NOON + 5}|90|Partition_Limit|cpu=4,gres/gpu=1",
    )
    first, second = sacct.read(path).jobs
    assert (first.run, first.limit, first.gpus, first.nodes) == (90, 3600, 1, 2)
    assert (second.submit, second.limit) == (5, None)


def test_on_a_cluster_without_gpus_the_cpus_are_the_units(tmp_path: Path) -> None:
    cpu_only = {"AllocTRES": "cpu=24,mem=10G,node=1"}
    assert only(sacct.read(dump(tmp_path / "cpu", cpu_only))).gpus == 24
    mixed = sacct.read(dump(tmp_path / "both", cpu_only, {}))
    assert [job.gpus for job in mixed.jobs] == [0, 2]


def test_the_tag_in_the_comment_is_read_as_at_submit(tmp_path: Path) -> None:
    comment = "paper energy:class=evaluation,deadline=+12h,max_delay=6h,interruptible=yes"
    job = only(sacct.read(dump(tmp_path / "d", {"Comment": comment})))
    assert job.workload_class is WorkloadClass.EVALUATION
    assert (job.deadline, job.max_delay, job.interruptible) == (43_200, 21_600, True)
    absolute = {"Comment": "energy:class=training,deadline=2026-03-01T20:00Z"}
    assert only(sacct.read(dump(tmp_path / "d", absolute))).deadline == 8 * 3600
    passed = {"Comment": "energy:class=training,deadline=2026-02-01T20:00Z"}
    assert only(sacct.read(dump(tmp_path / "d", passed))).deadline is None
    off = only(sacct.read(dump(tmp_path / "d", {"Comment": "energy:off"})))
    assert off.workload_class is WorkloadClass.UNMANAGED


def test_our_annotation_goes_before_the_tag(tmp_path: Path) -> None:
    contract = Contract(
        WorkloadClass.NEARLINE, 60, "tag", deadline=NOON + 7200, max_delay=900, interruptible=True
    )
    # Annotated on a clock an hour ahead of the dump's local times.
    noted = render(Annotation(contract, NOON - 3600, 0, (), 0, ""))
    row = {"AdminComment": noted, "Comment": "energy:class=training"}
    job = only(sacct.read(dump(tmp_path / "d", row)))
    assert job.workload_class is WorkloadClass.NEARLINE
    assert (job.deadline, job.max_delay, job.interruptible) == (10_800, 900, True)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"Submit": "yesterday"}, "Submit: 'yesterday' is not a time such as"),
        ({"Submit": "Unknown"}, "Submit: 'Unknown' is not a time such as"),
        ({"Elapsed": "long"}, "Elapsed: 'long' is not a duration such as"),
        ({"Timelimit": "a day"}, "Timelimit: 'a day' is not a duration"),
        ({"NNodes": "-2"}, "NNodes: '-2' is not a whole number"),
        ({"JobName": "a|b"}, "17 cells, the header has 16; a name with a bar"),
        ({"Comment": "energy:class=fast"}, "Comment: slurm-energy: class=fast is not a class"),
        ({"AllocTRES": "", "NCPUS": "0"}, "AllocTRES: '' is not a list with cpu="),
    ],
)
def test_a_malformed_row_is_named_or_skipped(
    tmp_path: Path, changes: dict[str, str], told: str
) -> None:
    path = dump(tmp_path / "d", {}, changes)
    with pytest.raises(InputError) as caught:
        sacct.read(path)
    assert str(caught.value).startswith(f"{path} line 3")
    assert told in str(caught.value)
    assert sacct.read(path, skip_malformed=True).skipped == 1


@pytest.mark.parametrize("column", ["JobID", "Submit"])
def test_a_dump_without_a_needed_column_says_how_to_make_one(tmp_path: Path, column: str) -> None:
    with pytest.raises(InputError, match=rf"no column {column}.*sacct -aXP --format"):
        sacct.read(dump(tmp_path / "d", {}, without=(column,)))


def record(**changes: Any) -> dict[str, Any]:
    """A job as ``sacct --json`` of Slurm 24 shows it, as far as it is read."""
    return {
        "job_id": 7,
        "name": "train-bert-3",
        "user": "alice",
        "account": "nlp",
        "partition": "gpu",
        "allocation_nodes": 1,
        "comment": {"administrator": "", "job": "energy:class=training", "system": ""},
        "state": {"current": ["COMPLETED"], "reason": "None"},
        "time": {
            "submission": NOON,
            "start": NOON + 300,
            "end": NOON + 5700,
            "elapsed": 5400,
            "limit": {"set": True, "infinite": False, "number": 1440},
        },
        "tres": {
            "allocated": [
                {"type": "cpu", "name": "", "id": 1, "count": 24},
                {"type": "gres", "name": "gpu", "id": 1001, "count": 2},
                {"type": "gres", "name": "gpu:h100", "id": 1002, "count": 2},
            ],
            "requested": [],
        },
        "steps": [{"step": {"name": "batch"}}],
    } | changes


def dump_json(path: Path, *jobs: object) -> Path:
    return write(path, json.dumps({"jobs": jobs, "meta": {}}, indent=1))


def test_json_and_text_tell_the_same_job(tmp_path: Path) -> None:
    text = sacct.read(dump(tmp_path / "d", {"Comment": "energy:class=training"}))
    assert sacctjson.read(dump_json(tmp_path / "j", record())).jobs == text.jobs


def test_json_of_older_versions_has_plain_numbers_and_states(tmp_path: Path) -> None:
    time = {"submission": NOON, "elapsed": 5400, "limit": 1440}
    old = record(time=time, state={"current": "COMPLETED"}, user=None, association={"user": "bob"})
    job = only(sacctjson.read(dump_json(tmp_path / "j", old)))
    assert (job.limit, job.user) == (86_400, "bob")


@pytest.mark.parametrize(
    "limit", [{"set": True, "infinite": True, "number": 0}, {"set": False, "number": 0}]
)
def test_json_without_a_limit(tmp_path: Path, limit: dict[str, Any]) -> None:
    job = record(time=record()["time"] | {"limit": limit})
    assert only(sacctjson.read(dump_json(tmp_path / "j", job))).limit is None


def test_a_malformed_json_job_is_named_by_its_place_or_skipped(tmp_path: Path) -> None:
    path = dump_json(tmp_path / "j", record(), record(job_id=8, time={"submission": "soon"}), 5)
    with pytest.raises(InputError) as caught:
        sacctjson.read(path)
    assert str(caught.value).startswith(f"{path} jobs[1] (job 8), Submit: 'soon' is not a time")
    assert sacctjson.read(path, skip_malformed=True).skipped == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{\n broken", "line 2: it is not JSON"),
        ("[1]", "no list of jobs"),
        ('{"jobs": 1}', "no li"),
    ],
)
def test_what_is_no_dump_is_refused(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        sacctjson.read(write(tmp_path / "j", text))
