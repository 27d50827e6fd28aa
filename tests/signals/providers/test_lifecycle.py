"""An average intensity from generation by type."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.signals.providers.lifecycle import GRAMS, Fuel, intensity

MIX = st.dictionaries(st.sampled_from(Fuel), st.floats(0, 1e5))


def test_every_fuel_has_a_factor() -> None:
    assert set(GRAMS) == set(Fuel)


def test_it_is_the_mean_weighed_by_what_is_generated() -> None:
    assert intensity({Fuel.GAS: 30, Fuel.ONSHORE: 70}) == pytest.approx(0.3 * 490 + 0.7 * 11)


def test_a_plant_that_takes_power_counts_nothing() -> None:
    assert intensity({Fuel.GAS: 30, Fuel.SOLAR: -2}) == 490


@pytest.mark.parametrize("mix", [{}, {Fuel.GAS: 0.0}, {Fuel.SOLAR: -1.0}])
def test_nothing_generated_has_no_intensity(mix: dict[Fuel, float]) -> None:
    assert intensity(mix) is None


@given(MIX)
def test_it_lies_between_the_cleanest_and_the_dirtiest(mix: dict[Fuel, float]) -> None:
    found = intensity(mix)
    used = [GRAMS[fuel] for fuel, power in mix.items() if power > 0]
    if found is not None:
        assert min(used) - 1e-6 <= found <= max(used) + 1e-6
