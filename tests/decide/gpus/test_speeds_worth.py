"""What the evidence is worth: made sites in which the truth about two GPU types is known."""

import numpy as np
import pytest

from slurm_energy.decide.gpus.speeds import Series, Speeds
from slurm_energy.model.power import PowerModel

SITES = 100


def told(true: float, count: int, spread: float) -> list[float]:
    """What sites say of the type; those that say anything.

    Each has ``count`` series with six runs on each type, whose run times vary by ``spread``
    (standard deviation of the logarithm) from run to run.
    """
    rng = np.random.default_rng(1)
    found = []
    for _ in range(SITES):
        speeds = Speeds(PowerModel())
        for number in range(count):
            usual = rng.normal(8.5, 1.0)
            for end, kind in enumerate(["old", "new"] * 6):
                run = np.exp(rng.normal(usual, spread)) * (true if kind == "new" else 1)
                speeds.learn(Series(f"u{number}", "a", "s-*", 8), kind, end, int(run) + 1)
        ratio = speeds.between("old", "new")
        if ratio is not None:
            found.append(ratio.factor)
    return found


@pytest.mark.parametrize("count", [8, 12, 20])
def test_types_of_the_same_speed_are_hardly_ever_told_apart(count: int) -> None:
    assert len(told(1.0, count, 0.6)) <= 0.03 * SITES


def test_steady_series_tell_of_a_type_that_is_a_fifth_faster() -> None:
    found = told(0.8, 12, 0.2)
    assert len(found) >= 0.8 * SITES
    assert np.quantile(found, [0.1, 0.9]) == pytest.approx([0.8, 0.8], abs=0.06)


def test_series_that_vary_wildly_tell_of_a_type_that_is_nearly_twice_as_fast() -> None:
    found = told(0.55, 20, 0.6)
    assert len(found) >= 0.85 * SITES
    assert np.quantile(found, [0.1, 0.5, 0.9]) == pytest.approx([0.55] * 3, abs=0.11)
