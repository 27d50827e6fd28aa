from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.cli.table import Column, cut, table

CELLS = st.text("abc", max_size=30)
ROWS = st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=5)
COLUMNS = [Column("ONE", drop=1), Column("TWO", least=4), Column("THREE", drop=2, right=True)]


@given(ROWS, st.integers(10, 120))
def test_no_line_is_wider_than_the_screen(rows: list[tuple[str, ...]], width: int) -> None:
    assert all(len(line) <= width for line in table(COLUMNS, rows, width))


@given(ROWS)
def test_without_a_width_nothing_is_cut(rows: list[tuple[str, ...]]) -> None:
    lines = table(COLUMNS, rows, None)
    assert len(lines) == len(rows) + 1
    for line, row in zip(lines[1:], rows, strict=True):
        assert all(cell in line for cell in row)


def test_cells_are_cut_before_columns_are_dropped_and_the_last_first() -> None:
    rows = [("aaaaaaaa", "bbbbbbbb", "cccccccc")]
    assert table(COLUMNS, rows, 28) == [
        "ONE       TWO          THREE",
        "aaaaaaaa  bbbbbbbb  cccccccc",
    ]
    assert table(COLUMNS, rows, 25)[1] == "aaaaaaaa  bbbb…  cccccccc"
    assert table(COLUMNS, rows, 20)[0].split() == ["ONE", "TWO"]
    assert table(COLUMNS, rows, 8) == ["TWO", "bbbbbbbb"]


def test_a_cut_is_shown() -> None:
    assert cut("evaluation", 6) == "evalu…"
    assert cut("eval", 6) == "eval"
