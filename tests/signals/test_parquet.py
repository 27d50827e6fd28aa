"""Parquet files are judged as CSV files are: the same rows, the same faults."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO

import pyarrow as pa
import pytest
from pyarrow import parquet

from slurm_energy.errors import SeriesError
from slurm_energy.model.series import Signal
from slurm_energy.signals.parquet import parquet_table
from slurm_energy.signals.table import Layout, Table, parse
from tests.signals.builders import NOON

HOUR = 3600
TIMES = [NOON, NOON + HOUR, NOON + 2 * HOUR]
UNIT = ["gCO2eq/kWh"] * 3


def written(columns: Mapping[str, Sequence[object]]) -> bytes:
    buffer = BytesIO()
    parquet.write_table(pa.table(dict(columns)), buffer)
    return buffer.getvalue()


def read(layout: Layout | None = None, **columns: Sequence[object]) -> Table:
    return parquet_table(written(columns), Signal.CARBON, layout or Layout())


@pytest.mark.parametrize(
    "times",
    [
        TIMES,
        [datetime.fromtimestamp(time, UTC) for time in TIMES],
        [datetime.fromtimestamp(time, UTC).isoformat() for time in TIMES],
    ],
)
def test_times_may_be_stamps_epochs_or_text(times: Sequence[object]) -> None:
    table = read(time=times, value=[300.0, 290.5, 310.0], unit=UNIT)
    assert [(row.line, row.time, row.value) for row in table.rows] == [
        (1, TIMES[0], 300.0),
        (2, TIMES[1], 290.5),
        (3, TIMES[2], 310.0),
    ]
    assert table.faults == ()


def test_columns_and_unit_may_be_named_in_the_configuration() -> None:
    layout = Layout("when", "DE", fixed_unit="kgCO2eq/kWh")
    table = read(layout, when=TIMES, DE=[0.3, 0.29, 0.31], FR=[0.1, 0.1, 0.1])
    assert [row.value for row in table.rows] == pytest.approx([300, 290, 310])


@pytest.mark.parametrize("values", [[300.0, None, 310.0], [300.0, -1.0, 310.0]])
def test_faults_are_those_of_a_csv_file_by_row(values: Sequence[float | None]) -> None:
    table = read(time=TIMES, value=values, unit=UNIT)
    text = "time,value,unit\n" + "".join(
        f"{time},{'' if value is None else value},{UNIT[0]}\n"
        for time, value in zip(TIMES, values, strict=True)
    )
    (fault,) = table.faults
    (expected,) = parse(text, Signal.CARBON, Layout()).faults
    assert fault.removeprefix("line 2") == expected.removeprefix("line 3")


def test_times_without_offset_are_refused() -> None:
    naive = [datetime.fromtimestamp(time, UTC).replace(tzinfo=None) for time in TIMES]
    assert "ISO 8601 with an offset" in read(time=naive, value=[1.0] * 3, unit=UNIT).faults[0]


def test_a_missing_column_and_another_kind_of_file_are_one_line() -> None:
    with pytest.raises(SeriesError, match="no column 'unit' among time, value"):
        read(time=TIMES, value=[1.0] * 3)
    with pytest.raises(SeriesError, match="no Parquet file that can be read"):
        parquet_table(b"time,value,unit\n", Signal.CARBON, Layout())
