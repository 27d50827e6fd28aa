"""A grid's truth out of a wide file."""

from pathlib import Path

import pytest

from slurm_energy.errors import SeriesError
from slurm_energy.model.series import Signal
from slurm_energy.simulate.signals import carbon_column, price_column
from tests.simulate.traces.builders import write

NOON = 1_772_366_400


def wide(path: Path, *rows: str, header: str = "datetime,DE,US-CAL-CISO") -> Path:
    return write(path, header, *rows)


def test_one_zone_is_read_and_its_last_value_holds_a_step(tmp_path: Path) -> None:
    path = wide(
        tmp_path / "grid.csv",
        "2026-03-01T12:00:00Z,300,200.5",
        "2026-03-01T13:00:00Z,310,210",
    )
    series = carbon_column(path, "US-CAL-CISO")
    assert series.signal is Signal.CARBON
    assert series.times == (NOON, NOON + 3600)
    assert series.values == (200.5, 210.0)
    assert series.end == NOON + 7200
    assert series.source == "grid.csv:US-CAL-CISO"


def test_another_zones_hole_does_not_matter(tmp_path: Path) -> None:
    path = wide(tmp_path / "g.csv", f"{NOON},300,", f"{NOON + 3600},310,x")
    assert carbon_column(path, "DE").values == (300.0, 310.0)


def test_negative_prices_are_real_and_negative_carbon_is_not(tmp_path: Path) -> None:
    path = wide(tmp_path / "g.csv", f"{NOON},-45.5,1", f"{NOON + 3600},12,1")
    assert price_column(path, "DE").values == (-45.5, 12.0)
    with pytest.raises(SeriesError, match=r"column DE, line 2: value -45.5 .* allowed 0 to 3000"):
        carbon_column(path, "DE")


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ((f"{NOON},1,1", f"{NOON + 3600},50000,1"), "line 3: value 50000 gCO2eq/kWh: allowed 0"),
        ((f"{NOON},1,1", f"{NOON + 3600},nan,1"), "line 3: value 'nan': expected a finite"),
        ((f"{NOON},1,1", f"{NOON + 3600},,1"), "line 3: value '': expected a finite"),
        ((f"{NOON},1,1", f"{NOON},2,1"), "line 3: the time of line 2 again"),
        (("2026-03-01T12:00:00,1,1", f"{NOON},1,1"), "line 2: time '2026-03-01T12:00:00'"),
        ((f"{NOON},1,1",), "1 rows; two tell how long"),
    ],
)
def test_a_fault_is_one_line_with_file_column_and_line(
    tmp_path: Path, rows: tuple[str, ...], told: str
) -> None:
    path = wide(tmp_path / "g.csv", *rows)
    with pytest.raises(SeriesError) as caught:
        carbon_column(path, "DE")
    assert str(caught.value).startswith(f"{path}, column DE")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_several_faults_are_counted(tmp_path: Path) -> None:
    path = wide(tmp_path / "g.csv", f"{NOON},x,1", f"{NOON + 3600},y,1", f"{NOON + 7200},z,1")
    with pytest.raises(SeriesError, match=r"line 2: .* \(and 2 more faults in this column\)"):
        carbon_column(path, "DE")


def test_a_zone_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    path = wide(tmp_path / "g.csv", f"{NOON},1,1")
    for column in ("FR", "datetime"):
        with pytest.raises(SeriesError, match=f"no column '{column}'; it has DE, US-CAL-CISO"):
            carbon_column(path, column)
    with pytest.raises(SeriesError, match="no header"):
        carbon_column(write(tmp_path / "empty.csv", ""), "DE")
