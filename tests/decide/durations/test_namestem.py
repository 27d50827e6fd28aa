"""A job's name without what changes from one submission to the next."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.decide.durations.namestem import LONGEST, stem


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("train-42", "train-*"),
        ("train42", "train*"),
        ("Train-43", "train-*"),
        ("eval_2026-11-23_14:05", "eval_*"),
        ("sweep/3f9ac21e/seed 7", "sweep/*/seed *"),
        ("llama-7b-run12", "llama-7b-run*"),
        ("resnet50-eval", "resnet50-eval"),
        ("facade", "facade"),
        ("12345", "*"),
        ("", ""),
    ],
)
def test_counters_dates_and_hashes_go_and_sizes_stay(name: str, expected: str) -> None:
    assert stem(name) == expected


@given(st.text(max_size=200))
def test_a_stem_is_its_own_stem_and_short(name: str) -> None:
    once = stem(name)
    assert len(once) <= LONGEST
    assert stem(once) == once


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_two_runs_of_a_series_have_one_stem(first: int, second: int) -> None:
    assert stem(f"fine-tune-{first}") == stem(f"fine-tune-{second}")
