"""Host lists stand for names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.errors import SlurmUnavailable
from slurm_energy.slurm.hostlist import expand


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ()),
        ("login", ("login",)),
        ("gpu[1-3]", ("gpu1", "gpu2", "gpu3")),
        ("gpu[08-10]", ("gpu08", "gpu09", "gpu10")),
        ("gpu[1,3-4],login", ("gpu1", "gpu3", "gpu4", "login")),
        ("r[1-2]n[1-2]", ("r1n1", "r1n2", "r2n1", "r2n2")),
        ("gpu[1-2].example", ("gpu1.example", "gpu2.example")),
    ],
)
def test_a_list_is_expanded_in_order(text: str, names: tuple[str, ...]) -> None:
    assert expand(text) == names


@pytest.mark.parametrize("text", ["gpu[1-3", "gpu]", "gpu[a-b]", "gpu[]", "gpu[1-99999999]"])
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(SlurmUnavailable, match="can't be read; expected"):
        expand(text)


@given(st.lists(st.from_regex(r"[a-z]{1,8}[0-9]{0,4}", fullmatch=True), max_size=20))
def test_plain_names_stay_as_they_are(names: list[str]) -> None:
    assert expand(",".join(names)) == tuple(names)


@given(st.integers(0, 9_999), st.integers(0, 200), st.integers(1, 6))
def test_a_range_keeps_the_width_of_its_first(first: int, more: int, width: int) -> None:
    start = f"{first:0{width}}"
    names = expand(f"n[{start}-{first + more}]")
    assert [int(name[1:]) for name in names] == list(range(first, first + more + 1))
    assert names[0] == f"n{start}"
    assert all(len(name) >= len(start) + 1 for name in names)
