"""The format is seen from the file, or told."""

import json
from pathlib import Path

import pytest

from slurm_energy.errors import InputError
from slurm_energy.simulate.traces.csvtrace import TimeUnit
from slurm_energy.simulate.traces.read import Form, form_of, read
from tests.simulate.traces.builders import only, write
from tests.simulate.traces.test_sacct import COLUMNS, record
from tests.simulate.traces.test_swf import HEADER, WHOLE

FILES = {
    Form.CSV: ("arrival_time,length,gpus", "0,5,1"),
    Form.SWF: (*HEADER, WHOLE),
    Form.SACCT: ("|".join(COLUMNS), "|".join(COLUMNS.values())),
    Form.SACCT_JSON: (json.dumps({"jobs": [record()]}),),
}


@pytest.mark.parametrize("form", Form)
def test_each_format_shows_itself_whatever_the_files_name(tmp_path: Path, form: Form) -> None:
    path = write(tmp_path / "trace.txt", *FILES[form])
    assert form_of(path) is form
    assert read(path).jobs == read(path, form).jobs
    only(read(path))


def test_swf_is_known_by_name_or_by_its_18_numbers_where_it_has_no_header(tmp_path: Path) -> None:
    assert form_of(write(tmp_path / "log", WHOLE)) is Form.SWF
    assert form_of(write(tmp_path / "log.swf", "1 2 3")) is Form.SWF


def test_what_is_told_goes_before_what_is_seen(tmp_path: Path) -> None:
    path = write(tmp_path / "log.swf", *FILES[Form.CSV])
    with pytest.raises(InputError, match="1 fields; a job has 18"):
        read(path, Form.SWF)


def test_a_file_of_no_known_format_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "notes.txt", "dear diary")
    with pytest.raises(InputError, match="begins with 'dear diary', which is none of csv, swf"):
        read(path)


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("submit,gpus,run\n0,1,60", "a CSV file needs a header with arrival_time, length, gpus or"),
        ("", "an empty file; name one with jobs"),
    ],
)
def test_a_table_without_the_columns_is_told_which_it_needs(
    tmp_path: Path, header: str, told: str
) -> None:
    with pytest.raises(InputError, match=told):
        read(write(tmp_path / "jobs.csv", header))


def test_only_csv_takes_a_unit(tmp_path: Path) -> None:
    path = write(tmp_path / "log.swf", WHOLE)
    with pytest.raises(InputError, match="swf has its own units; only CSV takes one"):
        read(path, unit=TimeUnit.HOURS)
