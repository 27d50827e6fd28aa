"""The month's peak survives a restart; a damaged file is no peak."""

from pathlib import Path

import pytest

from slurm_energy.errors import LedgerError
from slurm_energy.model.power import Peak
from slurm_energy.state.peaks import PEAKS_FILE, PeakFile

PEAKS = {"east": Peak(24_322, 712_500.5), "west": Peak(24_321, 0.0, 650_000.0)}


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    PeakFile(tmp_path).save(PEAKS)
    assert PeakFile(tmp_path).load() == PEAKS


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "7", '{"east": 5}', '{"east": {"month": 1}}', '{"east": {"month": "x"}}'],
)
def test_a_damaged_file_is_no_peak(tmp_path: Path, text: str) -> None:
    (tmp_path / PEAKS_FILE).write_text(text)
    assert PeakFile(tmp_path).load() == {}


def test_a_file_of_an_older_version_knows_no_month_before(tmp_path: Path) -> None:
    (tmp_path / PEAKS_FILE).write_text('{"east": {"month": 24322, "watts": 5.0}}')
    assert PeakFile(tmp_path).load() == {"east": Peak(24_322, 5.0)}


def test_no_file_is_no_peak(tmp_path: Path) -> None:
    assert PeakFile(tmp_path).load() == {}


def test_a_directory_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=r"peaks.json can't be written: No such file"):
        PeakFile(tmp_path / "gone").save(PEAKS)
