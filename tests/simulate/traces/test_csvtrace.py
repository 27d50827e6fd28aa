"""A CSV trace: what is read, what is refused and how the refusal reads."""

import gzip
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.errors import InputError
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.simulate.trace import Trace, TraceJob
from slurm_energy.simulate.traces.csvtrace import TimeUnit, read, write_csv
from tests.simulate.traces.builders import only, write

PLAIN = "arrival_time,length,cpus"


def test_cpus_alone_are_the_pools_units(tmp_path: Path) -> None:
    job = only(read(write(tmp_path / "t.csv", PLAIN, "60.4,6302.6,3")))
    assert (job.submit, job.run, job.gpus, job.cpus) == (60, 6303, 3, 0)
    assert job.limit is None
    assert job.workload_class is None


def test_one_unit_holds_for_every_time_and_deadlines_count_from_the_arrival(tmp_path: Path) -> None:
    path = write(
        tmp_path / "t.csv",
        "arrival_time,length,gpus,cpus,limit,deadline,max_delay,class,interruptible,tasks,nodes",
        "2,0.5,8,96,1,12,6,training,yes,4,2",
    )
    job = only(read(path, TimeUnit.HOURS))
    assert (job.submit, job.run, job.limit) == (7200, 1800, 3600)
    assert (job.deadline, job.max_delay) == (7200 + 12 * 3600, 6 * 3600)
    assert (job.gpus, job.cpus, job.tasks, job.nodes) == (8, 96, 4, 2)
    assert job.workload_class is WorkloadClass.TRAINING
    assert job.interruptible


def test_jobs_stand_in_order_of_submission_and_then_of_their_line(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", PLAIN + ",name", "9,1,1,c", "5,1,1,a", "5,1,1,b")
    jobs = read(path).jobs
    assert [(job.number, job.name) for job in jobs] == [(1, "a"), (2, "b"), (3, "c")]


def test_a_job_of_no_length_never_ran_and_one_past_its_limit_ends_there(tmp_path: Path) -> None:
    trace = read(write(tmp_path / "t.csv", PLAIN + ",limit", "0,0,1,", "1,90,1,60", "2,0.2,1,9"))
    assert (trace.never_ran, trace.cut) == (1, 1)
    assert [job.run for job in trace.jobs] == [60, 1]


def test_a_packed_file_and_one_with_a_byte_order_mark_read_the_same(tmp_path: Path) -> None:
    text = f"\ufeff{PLAIN}\r\n0,5,1\r\n\r\n"
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(text.encode()))
    assert only(read(tmp_path / "t.csv.gz")).run == 5


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("x,5,1", "arrival_time: 'x' is not a number of s from 0 to 6.3072e+08"),
        ("-1,5,1", "arrival_time: '-1' is not a number of s"),
        ("1700000000,5,1", "arrival_time: '1700000000' is not a number of s"),
        ("0,nan,1", "length: 'nan' is not a number of s"),
        ("0,1_0,1", "length: '1_0' is not a number of s"),
        ("0,,1", "length: '' is not a time in s"),
        ("0,5,0", "cpus: '0' is not a whole number from 1"),
        ("0,5,1.5", "cpus: '1.5' is not a whole number"),
        ("0,5", "cpus: '' is not a whole number from 1"),
        ("0,5,1,batch", "class: 'batch' is not one of latency-critical, nearline,"),
        ("0,5,1,,maybe", "interruptible: 'maybe' is not yes or no"),
        ("0,5,1,,no,more", "'more' lies beyond the header's columns"),
    ],
)
def test_a_malformed_row_is_named_in_one_line_or_skipped_and_counted(
    tmp_path: Path, row: str, told: str
) -> None:
    path = write(tmp_path / "t.csv", PLAIN + ",class,interruptible", "0,5,1", row)
    with pytest.raises(InputError) as caught:
        read(path)
    line = str(caught.value)
    assert line.startswith(f"{path} line 3")
    assert told in line
    assert line.endswith("correct the row or skip malformed rows")
    assert "\n" not in line
    trace = read(path, skip_malformed=True)
    assert (len(trace.jobs), trace.skipped) == (1, 1)


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("length,cpus", "no column arrival_time"),
        ("arrival_time,cpus", "no column length"),
        ("arrival_time,length", "no column gpus or cpus"),
        (PLAIN + ",dealine", "name it deadline"),
    ],
)
def test_a_header_that_lacks_or_misspells_a_column_is_refused(
    tmp_path: Path, header: str, told: str
) -> None:
    with pytest.raises(InputError, match=told):
        read(write(tmp_path / "t.csv", header, "0,5,1,3"))


def test_a_comma_at_the_end_of_lines_adds_nothing(tmp_path: Path) -> None:
    assert only(read(write(tmp_path / "t.csv", PLAIN + ",", "0,5,1,"))).run == 5
    assert only(read(write(tmp_path / "t.csv", PLAIN, "0,5,1,"))).run == 5


def test_a_quote_that_is_never_closed_is_named_where_it_opens(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", PLAIN + ",name", "0,5,1,a", '1,5,1,"b', "2,5,1,c")
    with pytest.raises(InputError, match="line 3: it is not CSV"):
        read(path, skip_malformed=True)


def test_other_columns_are_let_be(tmp_path: Path) -> None:
    assert only(read(write(tmp_path / "t.csv", PLAIN + ",weather", "0,5,1,fair"))).run == 5


def test_a_file_without_a_job_to_play_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", PLAIN, "0,0,1", "0,x,1")
    with pytest.raises(InputError, match="no job to play among 1 malformed rows and 1 jobs"):
        read(path, skip_malformed=True)


def test_a_file_that_is_absent_or_no_text_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file or directory; name a file"):
        read(tmp_path / "none.csv")
    (tmp_path / "t.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="not UTF-8"):
        read(tmp_path / "t.csv")
    (tmp_path / "t.gz").write_bytes(gzip.compress(b"arrival_time")[:-4])
    with pytest.raises(InputError, match="gzip file is damaged"):
        read(tmp_path / "t.gz")


WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
SECONDS = st.integers(1, 10**6)


@st.composite
def trace_jobs(draw: st.DrawFn) -> TraceJob:
    submit, run = draw(st.integers(0, 10**6)), draw(SECONDS)
    limit = draw(st.none() | st.integers(run, 2 * 10**6))
    deadline = draw(st.none() | SECONDS)
    gpus = draw(st.integers(0, 64))
    return TraceJob(
        number=0,
        submit=submit,
        run=run,
        gpus=gpus,
        cpus=draw(st.integers(0 if gpus else 1, 512)),
        nodes=draw(st.integers(1, 8)),
        user=draw(WORDS),
        account=draw(WORDS),
        name=draw(WORDS),
        partition=draw(WORDS),
        workload_class=draw(st.none() | st.sampled_from(WorkloadClass)),
        limit=limit,
        deadline=None if deadline is None else submit + deadline,
        max_delay=draw(st.none() | st.integers(0, 10**6)),
        tasks=draw(st.integers(1, 100)),
        interruptible=draw(st.booleans()),
    )


@given(st.lists(trace_jobs(), min_size=1, max_size=8))
def test_what_is_written_is_read_back(jobs: list[TraceJob]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        write_csv(Trace(tuple(jobs), "made"), path)
        once = read(path)
        write_csv(once, path)
        assert read(path) == once
    key = [(job.submit, index) for index, job in enumerate(jobs)]
    expected = [jobs[index] for _, index in sorted(key)]
    numbered = [
        TraceJob(**{name: getattr(job, name) for name in TraceJob.__slots__} | {"number": number})
        for number, job in enumerate(expected, start=1)
    ]
    assert list(once.jobs) == numbered
