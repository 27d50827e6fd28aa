"""Our group in AdminComment: what is rendered is read back, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.errors import InputError
from slurm_energy.model.contract import (
    Annotation,
    Contract,
    Region,
    Sensitivity,
    WorkloadClass,
)
from slurm_energy.slurm.annotation import PREFIX, parse, render, strip
from tests.builders import make_annotation

PLAIN = "slurm-energy:v=1,class=evaluation,urgency=20,rule=tag,max_delay=86400,submit=1790000100"

seconds = st.integers(0, 999_999_999_999)
texts = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=30)
names = st.lists(texts, max_size=4).map(tuple)
contracts = st.builds(
    Contract,
    workload_class=st.sampled_from(WorkloadClass),
    urgency=st.integers(0, 100),
    rule=texts,
    deadline=st.none() | seconds,
    max_delay=st.none() | seconds,
    sensitivity=st.sampled_from(Sensitivity),
    slo=st.none() | texts,
    residency=names,
    region=st.sampled_from(Region),
    model=st.none() | texts,
    dataset=st.none() | texts,
    interruptible=st.booleans(),
)
annotations = st.builds(
    Annotation,
    contract=contracts,
    submit=seconds,
    user_begin=seconds,
    user_clusters=names,
    lease=seconds,
    tag=st.just("") | texts,
)


def test_the_group_is_short_where_nothing_was_asked() -> None:
    assert parse(PLAIN) == make_annotation(
        make_annotation().contract, submit=1_790_000_100, lease=0, tag=""
    )
    assert render(parse(PLAIN) or make_annotation()) == PLAIN


@given(annotations)
def test_what_is_rendered_is_read_back(annotation: Annotation) -> None:
    text = render(annotation)
    assert parse(text) == annotation
    assert text.isascii()
    assert len(text.split()) == 1


@given(annotations, st.lists(st.text("abc :=,%é", min_size=1).map(str.split), max_size=4))
def test_foreign_text_is_kept(annotation: Annotation, words: list[list[str]]) -> None:
    foreign = " ".join(word for group in words for word in group)
    combined = " ".join([foreign, render(annotation)]).lstrip()
    assert parse(combined) == annotation
    assert strip(combined) == foreign


@pytest.mark.parametrize("text", ["", "ticket 7", "my-slurm-energy:v=1", "energy:class=training"])
def test_no_group_is_no_annotation(text: str) -> None:
    assert parse(text) is None
    assert strip(text) == text


@pytest.mark.parametrize(
    "text",
    [
        PREFIX,
        PREFIX + "v=1",
        PLAIN + " " + PLAIN,
        PLAIN.replace("v=1", "v=2"),
        PLAIN.replace(",submit=1790000100", ""),
        PLAIN.replace("class=evaluation", "class=fun"),
        PLAIN.replace("urgency=20", "urgency=-1"),
        PLAIN.replace("urgency=20", "urgency=101"),
        PLAIN.replace("urgency=20", "urgency=0x14"),
        PLAIN.replace("urgency=20", "urgency=٢"),
        PLAIN.replace("urgency=20", "urgency=20,urgency=20"),
        PLAIN.replace("rule=tag", "rule="),
        PLAIN.replace("rule=tag", "rule=%zz"),
        PLAIN.replace("rule=tag", "rule=a+b"),
        PLAIN + ",colour=red",
        PLAIN + ",",
        PLAIN + ",interruptible=maybe",
        PLAIN + ",residency=eu++ch",
        PLAIN + ",region=mars",
        PLAIN + ",lease=9999999999999",
        PLAIN[:-30],
    ],
)
def test_a_damaged_group_is_an_error_and_no_guess(text: str) -> None:
    with pytest.raises(InputError, match="is damaged"):
        parse(text)
