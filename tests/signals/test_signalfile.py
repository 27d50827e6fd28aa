"""A signal file: what is read, what is refused and how the refusal reads."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.model.series import Signal
from slurm_energy.signals.signalfile import SignalFile
from slurm_energy.signals.table import Layout, parse
from tests.builders import some
from tests.signals.builders import NOON, csv_text, write


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "carbon.csv"


def faults(
    text: str, signal: Signal = Signal.CARBON, longest_step: int | None = None
) -> tuple[str, ...]:
    return parse(text, signal, Layout(longest_step=longest_step)).faults


def test_times_are_iso_with_offset_or_epoch_and_the_last_value_holds_one_step(path: Path) -> None:
    write(
        path,
        csv_text(
            "2026-03-01T13:00:00+01:00,300,gCO2eq/kWh",
            f"{NOON + 900},310.5,gCO2eq/kWh",
            "2026-03-01T12:30:00Z,320,gCO2eq/kWh",
        ),
    )
    series = some(SignalFile(path, Signal.CARBON).read(NOON).series)
    assert series.times == (NOON, NOON + 900, NOON + 1800)
    assert series.values == (300.0, 310.5, 320.0)
    assert series.end == NOON + 2700
    assert series.issued == NOON
    assert series.at(NOON + 2699) == 320
    assert series.at(NOON + 2700) is None


@pytest.mark.parametrize(
    ("unit", "value", "kept"),
    [
        ("gCO2eq/kWh", 300, 300),
        ("gCO₂eq/kWh", 300, 300),
        ("g CO2/kWh", 300, 300),
        ("kgCO2eq/MWh", 300, 300),
        ("tCO2eq/MWh", 0.3, 300),
        ("kgCO2e/kWh", 0.3, 300),
        ("lbCO2/MWh", 1000, 453.59237),
    ],
)
def test_carbon_is_kept_in_grams_per_kwh(unit: str, value: float, kept: float) -> None:
    table = parse(csv_text(f"{NOON},{value},{unit}"), Signal.CARBON, Layout())
    assert [row.value for row in table.rows] == [pytest.approx(kept)]


@pytest.mark.parametrize(
    ("currency", "unit", "value", "kept"),
    [
        ("EUR", "EUR/MWh", -12.5, -12.5),
        ("EUR", "EUR/kWh", 0.08, 80),
        ("EUR", "ct/kWh", 8, 80),
        ("USD", "USD/MWh", 42, 42),
        ("USD", "cents/kWh", 4.2, 42),
    ],
)
def test_price_is_kept_per_mwh_and_may_be_negative(
    currency: str, unit: str, value: float, kept: float
) -> None:
    table = parse(csv_text(f"{NOON},{value},{unit}"), Signal.PRICE, Layout(currency=currency))
    assert [row.value for row in table.rows] == [pytest.approx(kept)]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("2026-03-01T12:00:00,300,gCO2eq/kWh", "expected ISO 8601 with an offset"),
        (f"{NOON}000,300,gCO2eq/kWh", "epoch seconds, from 2000 to 2100"),
        (f"{NOON},nan,gCO2eq/kWh", "value 'nan': expected a finite number"),
        (f"{NOON},,gCO2eq/kWh", "value '': expected a finite number"),
        (f'{NOON},"3,5",gCO2eq/kWh', "value '3,5': expected a finite number"),
        (f"{NOON},-1,gCO2eq/kWh", "value -1 gCO2eq/kWh: allowed 0 to 3000; check the unit"),
        (f"{NOON},3001,gCO2eq/kWh", "value 3001 gCO2eq/kWh: allowed 0 to 3000"),
        (f"{NOON},300,furlongs", "unit 'furlongs': allowed gCO2eq/kWh"),
        (f"{NOON},300", "unit '': allowed gCO2eq/kWh"),
        (f'{NOON},"300', "line 2: not CSV"),
    ],
)
def test_a_fault_names_line_value_and_what_is_allowed(row: str, said: str) -> None:
    (fault,) = faults(csv_text(row))
    assert fault.startswith("line 2: ")
    assert said in fault
    assert "\n" not in fault


def test_another_currency_than_the_sites_is_refused() -> None:
    (fault,) = faults(csv_text(f"{NOON},40,USD/MWh"), Signal.PRICE)
    assert fault == (
        "line 2: unit 'USD/MWh': the site counts in EUR; allowed EUR/MWh, EUR/kWh, cents/kWh; "
        "convert it, or set signals.currency"
    )


def test_order_duplicates_and_gaps_are_each_a_fault() -> None:
    def row(offset: int) -> str:
        return f"{NOON + offset},300,gCO2eq/kWh"

    assert faults(csv_text(row(0), row(900), row(1800), row(3600), row(4500))) == (
        "line 5: a gap of 1800 s after line 4, allowed 900 s; fill it or set the longest step",
    )
    assert faults(csv_text(row(0), row(900), row(900))) == (
        "line 4: the time of line 3 again; keep one of them",
    )
    assert faults(csv_text(row(0), row(1800), row(900))) == (
        "line 4: 900 s before line 3; sort the file by time",
    )


def test_a_grain_that_changes_is_allowed_up_to_the_longest_step() -> None:
    rows = [f"{NOON + offset},300,gCO2eq/kWh" for offset in (0, 3600, 4500, 5400, 6300)]
    assert len(faults(csv_text(*rows))) == 1
    assert faults(csv_text(*rows), longest_step=3600) == ()


def test_columns_are_named_and_the_unit_may_come_from_the_configuration() -> None:
    text = csv_text(f"DE,{NOON},300", header="zone,Datetime (UTC),intensity")
    layout = Layout(time="Datetime (UTC)", value="intensity", fixed_unit="gCO2eq/kWh")
    assert parse(text, Signal.CARBON, layout).rows[0].value == 300
    (fault,) = faults(text)
    assert fault == (
        "line 1: no column 'time' among zone, Datetime (UTC), intensity; "
        "name the columns in the configuration"
    )


def test_a_comment_labels_the_series(path: Path) -> None:
    rows = csv_text(f"{NOON},300,gCO2eq/kWh", f"{NOON + 900},300,gCO2eq/kWh")
    write(path, "# generated, not measured\n" + rows)
    series = some(SignalFile(path, Signal.CARBON).read(NOON).series)
    assert series.source == "carbon.csv (generated, not measured)"


def test_the_file_is_read_again_when_it_changes(path: Path) -> None:
    file = SignalFile(write(path, hours(300, 310)), Signal.CARBON)
    before = file.read(NOON).series
    assert file.read(NOON).series is before
    write(path, hours(200, 210), modified=NOON + 60)
    after = some(file.read(NOON).series)
    assert after.values == (200.0, 210.0)
    assert after.issued == NOON + 60


def test_a_bad_new_file_keeps_the_previous_series_and_says_so_every_time(path: Path) -> None:
    file = SignalFile(write(path, hours(300, 310)), Signal.CARBON)
    before = file.read(NOON).series
    write(path, hours(200, -5), modified=NOON + 60)
    for _ in range(2):
        reading = file.read(NOON)
        assert reading.series is before
        (problem,) = reading.problems
        assert problem.startswith(f"{path}: line 3: value -5")
        assert problem.endswith("; the previous series stands")
    write(path, hours(200, 205), modified=NOON + 120)
    assert file.read(NOON).problems == ()


def test_a_file_that_vanishes_keeps_the_previous_series_with_its_age(path: Path) -> None:
    file = SignalFile(write(path, hours(300, 310)), Signal.CARBON)
    before = file.read(NOON).series
    path.unlink()
    reading = file.read(NOON)
    assert reading.series is before
    assert "No such file" in reading.problems[0]
    assert SignalFile(path, Signal.CARBON).read(NOON).series is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no rows; expected a header"),
        (b"time,value,unit\n", "0 rows: 2 are needed"),
        (b"\xff\xfe\x00", "byte 0 is not UTF-8"),
        (b"x" * (16 * 1024 * 1024 + 1), "larger than 16777216 bytes"),
    ],
)
def test_what_is_no_table_is_refused_in_one_line(path: Path, content: bytes, said: str) -> None:
    path.write_bytes(content)
    reading = SignalFile(path, Signal.CARBON).read(NOON)
    assert reading.series is None
    assert said in reading.problems[0]
    assert reading.problems[0].endswith("there is no series")


def test_a_thousand_faults_are_told_in_a_few_lines(path: Path) -> None:
    write(path, hours(*([-1.0] * 1000)))
    problems = SignalFile(path, Signal.CARBON).read(NOON).problems
    assert len(problems) == 11
    assert "990 more faults" in problems[-1]


cells = st.one_of(
    st.text(max_size=12),
    st.integers(NOON - 5, NOON + 9).map(str),
    st.floats(-100, 4000).map(str),
    st.just("gCO2eq/kWh"),
)


@given(st.lists(st.tuples(cells, cells, cells).map(",".join), max_size=6))
def test_law_whatever_the_file_holds_what_comes_out_is_ordered_bounded_and_never_invented(
    tmp_path_factory: pytest.TempPathFactory, rows: list[str]
) -> None:
    path = tmp_path_factory.getbasetemp() / "law.csv"
    text = csv_text(*rows)
    path.write_text(text, encoding="utf-8")
    reading = SignalFile(path, Signal.CARBON).read(NOON)
    assert (reading.series is None) == bool(reading.problems)
    if reading.series is not None:
        series = reading.series
        assert list(series.times) == sorted(set(series.times))
        assert all(0 <= value <= 3000 for value in series.values)
        written = {float(cell) for row in rows for cell in row.split(",") if is_number(cell)}
        assert set(series.values) <= written
        assert series.times[-1] < series.end


@given(
    st.lists(st.floats(0, 3000), min_size=2, max_size=50),
    st.sampled_from([60, 300, 900, 3600]),
)
def test_law_a_sound_file_comes_out_as_it_went_in(values: list[float], step: int) -> None:
    rows = [f"{NOON + step * i},{value!r},kgCO2eq/MWh" for i, value in enumerate(values)]
    table = parse(csv_text(*rows), Signal.CARBON, Layout())
    assert table.faults == ()
    assert [row.value for row in table.rows] == values


def is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def hours(*values: float) -> str:
    return csv_text(*(f"{NOON + 3600 * i},{v},gCO2eq/kWh" for i, v in enumerate(values)))
