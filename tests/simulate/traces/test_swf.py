"""The archive's format: 18 fields, -1 for what is not known."""

from pathlib import Path

import pytest

from slurm_energy.errors import InputError
from slurm_energy.simulate.traces.swf import read
from tests.simulate.traces.builders import only, write

HEADER = ("; Version: 2.2", ";   Computer: Some cluster", "; MaxProcs: 128", ";")
WHOLE = "1 30 5 600 4 580 -1 8 3600 -1 1 7 3 12 2 1 -1 -1"


def test_a_line_becomes_a_job_with_processors_as_units(tmp_path: Path) -> None:
    job = only(read(write(tmp_path / "log.swf", *HEADER, WHOLE)))
    assert (job.submit, job.run, job.gpus, job.limit) == (30, 600, 4, 3600)
    assert (job.user, job.account, job.name, job.partition) == (
        "user7",
        "group3",
        "executable12",
        "queue2",
    )


def test_what_is_missing_is_taken_from_elsewhere_or_stays_unknown(tmp_path: Path) -> None:
    line = "1 30 5 600 -1 -1 -1 8 -1 -1 1 -1 -1 -1 -1 1 -1 -1"
    job = only(read(write(tmp_path / "log.swf", line)))
    assert (job.gpus, job.limit, job.user, job.name) == (8, None, "", "")
    assert job.partition == "partition1"


def test_parts_of_a_swapped_job_do_not_count_beside_the_whole(tmp_path: Path) -> None:
    part = WHOLE.replace(" -1 1 7 ", " -1 2 7 ")
    last = WHOLE.replace(" -1 1 7 ", " -1 3 7 ")
    trace = read(write(tmp_path / "log.swf", WHOLE, part, last))
    assert (len(trace.jobs), trace.skipped, trace.never_ran) == (1, 0, 0)


def test_a_cancelled_job_counts_as_far_as_it_ran(tmp_path: Path) -> None:
    cancelled = WHOLE.replace(" -1 1 7 ", " -1 5 7 ")
    waiting = cancelled.replace(" 600 ", " -1 ")
    trace = read(write(tmp_path / "log.swf", cancelled, waiting))
    assert (only(trace).run, trace.never_ran) == (600, 1)


def test_a_run_beyond_the_requested_time_ends_there(tmp_path: Path) -> None:
    trace = read(write(tmp_path / "log.swf", WHOLE.replace(" 600 ", " 4000 ")))
    assert (only(trace).run, trace.cut) == (3600, 1)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("1 30 5 600", "4 fields; a job has 18"),
        (WHOLE + " 9", "19 fields; a job has 18"),
        (WHOLE.replace(" 600 ", " ten "), "run time: 'ten' is not a number from -1"),
        (WHOLE.replace(" 600 ", " -3 "), "run time: '-3' is not a number from -1"),
        (WHOLE.replace("1 30 ", "1 -1 "), "submit time: '-1' is not a number of seconds from 0"),
        (WHOLE.replace(" 4 580 -1 8", " -1 580 -1 -1"), "allocated processors: '-1' is not"),
    ],
)
def test_a_malformed_line_is_named_or_skipped(tmp_path: Path, line: str, told: str) -> None:
    path = write(tmp_path / "log.swf", *HEADER, WHOLE, line)
    with pytest.raises(InputError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path} line 6")
    assert told in str(caught.value)
    assert read(path, skip_malformed=True).skipped == 1
