"""The grammar beyond what tests/vectors states: laws that hold for any text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.decide.terms.tag import KEYS, find, misspelt, parse, read, show
from slurm_energy.decide.terms.tagtime import parse_duration, parse_moment, render_duration
from slurm_energy.errors import TagError
from slurm_energy.model.contract import Tag, WorkloadClass
from tests.builders import some

texts = st.text(max_size=80)


def test_the_example_of_the_guide() -> None:
    written = some(read("my run energy:class=evaluation,deadline=+12h,residency=eu"))
    assert written.raw == "class=evaluation,deadline=+12h,residency=eu"
    assert written.tag == Tag(
        workload_class=WorkloadClass.EVALUATION,
        deadline=43_200,
        deadline_relative=True,
        residency=("eu",),
    )


@given(texts, texts)
def test_any_text_is_a_tag_prose_or_one_line(comment: str, environment: str) -> None:
    try:
        read(comment, environment)
    except TagError as error:
        line = str(error)
        assert line.startswith("slurm-energy: ")
        assert line.isprintable()
        assert line.isascii()
        assert ", e.g. energy:" in line
    warning = misspelt(comment)
    assert warning is None or warning.isprintable()


@given(texts.filter(lambda text: "energy:" not in text))
def test_text_without_energy_is_prose(comment: str) -> None:
    assert read(comment) is None
    assert misspelt(comment) is None


@given(st.sampled_from(sorted(KEYS)), texts)
def test_a_known_key_makes_a_group_wherever_a_word_begins(key: str, text: str) -> None:
    word = "".join(text.split()) or "x"
    assert find(f"before energy:{key}={word} after") == f"{key}={word}"


@given(st.text())
def test_what_is_shown_fits_a_terminal(text: str) -> None:
    assert 0 < len(show(text)) <= 43
    assert show(text).isprintable()
    assert " " not in show(text)


@given(st.integers(0, 366 * 86_400))
def test_durations_are_read_back(seconds: int) -> None:
    assert parse_duration(render_duration(seconds)) == seconds


def test_one_moment_in_three_offsets() -> None:
    moments = {
        parse_moment(text)
        for text in ("2027-03-28T01:00Z", "2027-03-28T03:00+02:00", "2027-03-27T18:30-06:30")
    }
    assert len(moments) == 1


def test_a_tag_may_not_state_a_key_twice() -> None:
    with pytest.raises(TagError, match="urgency is given twice"):
        parse("urgency=1,urgency=1")
