"""Scales, ticks and paths, and that nothing escapes unescaped."""

from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.simulate.page.labels import ASIDE, HEIGHT, Label, spread_out
from slurm_energy.simulate.page.svg import Scale, area, element, number, staircase, text, ticks


def test_text_and_attributes_are_escaped() -> None:
    assert text("a<b", 1.0, 2.0) == '<text x="1" y="2">a&lt;b</text>'
    assert element("g", class_="x", stroke_width=None, data_said='"&') == (
        '<g class="x" data-said="&quot;&amp;"></g>'
    )


def test_a_scale_stops_at_its_ends() -> None:
    down = Scale(0, 10, 100, 20)
    assert [down(value) for value in (-1, 0, 5, 10, 11)] == [100, 100, 60, 20, 20]
    assert Scale(3, 3, 5, 9)(3) == 5


def test_ticks_are_round() -> None:
    assert ticks(0, 420, 5) == [0, 100, 200, 300, 400]
    assert ticks(-12, 31, 4) == [0, 20]
    assert ticks(0.1, 0.5, 4) == [0.1, 0.2, 0.3, 0.4, 0.5]
    assert ticks(2, 2, 4) == [2]


@given(st.floats(-1e6, 1e6), st.floats(0.001, 1e6), st.integers(2, 12))
def test_ticks_lie_inside_and_are_few(low: float, span: float, most: int) -> None:
    found = ticks(low, low + span, most)
    slip = 1e-6 * (abs(low) + span)
    assert len(found) <= most + 1
    assert all(low - slip <= one <= low + span + slip for one in found)


def test_numbers_are_short() -> None:
    assert [number(value) for value in (0, 2.5, -40, 123456.7, 0.1)] == [
        *("0", "2.5", "\N{MINUS SIGN}40", "123457", "0.1"),
    ]


def test_values_hold_until_the_next_edge() -> None:
    x, y = Scale(0, 2, 0, 20), Scale(0, 10, 100, 0)
    assert staircase(x, y, [0, 1, 2], [10, 5]) == "M0 0H10L10 50H20"
    assert area(x, y, [0, 1, 2], [10, 5]) == "M0 100L0 0H10L10 50H20V100Z"
    assert area(x, y, [0], []) == ""


@given(st.lists(st.tuples(st.floats(60, 380), st.floats(40, 300)), min_size=1, max_size=8))
def test_a_name_stays_inside_and_off_other_names(places: list[tuple[float, float]]) -> None:
    marks = [Label(x, y, "lowest-slot") for x, y in places]
    found = spread_out(marks, (50, 430), 6.6)
    wide = 6.6 * len("lowest-slot")
    assert all(one.x >= 50 and one.x + wide <= 430.01 for one in found)
    for index, one in enumerate(found):
        for other in found[index + 1 :]:
            apart = abs(one.x - other.x) >= wide - 1e-6 or abs(one.y - other.y) >= HEIGHT - 1e-6
            assert apart


def test_a_lone_name_stands_right_of_its_mark() -> None:
    (found,) = spread_out([Label(100, 50, "bound")], (0, 400), 7)
    assert found == Label(100 + ASIDE, 54, "bound")
