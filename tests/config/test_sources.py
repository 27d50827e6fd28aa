"""Where signals come from, as an administrator writes it, and what a slip is answered with."""

import pytest

from slurm_energy.config.load import parse
from slurm_energy.config.sources import CarbonIntensityGb
from slurm_energy.errors import ConfigError

MAPS = 'electricity_maps = "DE"'
PASTED = "em-Tok7f3a91c2"
PLACE = "expected the path of a file"


def faults(line: str) -> tuple[str, ...]:
    """What is wrong with this line of east's signals."""
    with pytest.raises(ConfigError) as raised:
        parse(f"[signals.clusters.east]\n{line}\n", "f")
    return raised.value.problems


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('carbon = { electricty_maps = "DE" }', "carbon.0 has electricty_maps: expected exactly"),
        ('carbon = { csv = "/a", parquet = "/b" }', "carbon.0 has csv, parquet: expected exactly"),
        ("carbon = {}", "carbon.0 has nothing: expected exactly one of constant, csv"),
        ('carbon = "DE"', "carbon.0 = 'DE': expected exactly one of constant, csv"),
        (f"carbon = {{ {MAPS} }}", "carbon.0.electricity_maps.token: Field required"),
        ('carbon = { electricity_maps = "D&E", token = "/t" }', "'D&E': expected the provider's"),
        ('carbon = { carbon_intensity_gb = "london" }', "'london': expected national, or a region"),
        ("carbon = { carbon_intensity_gb = 18 }", "= 18: expected national, or a region"),
        ("carbon = { constant = nan }", "carbon.0.constant = nan: Input should be a finite number"),
        ("price = { constant = inf }", "price.0.constant = inf: Input should be a finite number"),
        ('price = { gridstatus = "PJM", location = "X" }', "PJM asks for an API key; add token"),
        (
            'price = { gridstatus = "NYISO", location = "X", token = "/t" }',
            "NYISO takes no token; remove it",
        ),
        (f'price = {{ {MAPS}, token = "/t" }}', "price: electricity_maps tells no price"),
        ('carbon = { csv = "carbon.csv" }', "csv = 'carbon.csv': expected an absolute"),
        ('carbon = { csv = "/a", kind = "averge" }', "'average', 'marginal' or 'market'"),
    ],
)
def test_a_slip_is_one_line_that_names_it_and_what_is_allowed(line: str, told: str) -> None:
    (fault,) = faults(line)
    assert told in fault
    assert fault.startswith("f: signals.clusters.east")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (f'carbon = {{ {MAPS}, token = "{PASTED}" }}', PLACE),
        (f'carbon = {{ watttime = "X", user = "me", password = "{PASTED}" }}', PLACE),
        (f'carbon = {{ energy_charts = "de", token = "{PASTED}" }}', "no such setting"),
        (f'carbon = {{ energy_charts = "de", url = "https://me:{PASTED}@x.org" }}', "https://HOST"),
        (f'carbon = {{ energy_charts = "de", url = "https://x.org/?k={PASTED}" }}', "https://HOST"),
        (f'carbon = {{ {MAPS}, tokn = "/t", token = "{PASTED} " }}', PLACE),
    ],
)
def test_a_secret_that_is_pasted_into_the_file_is_refused_and_not_repeated(
    line: str, told: str
) -> None:
    found = faults(line)
    assert told in "\n".join(found)
    assert not any(PASTED in fault for fault in found)


@pytest.mark.parametrize("place", ["/etc/slurm-energy/Token1", "electricity-maps", "maps.token"])
def test_a_token_stands_in_a_file_or_is_a_credential(place: str) -> None:
    text = f'[signals.clusters.east]\ncarbon = {{ {MAPS}, token = "{place}" }}\n'
    (source,) = parse(text, "f").signals.clusters["east"].carbon
    assert source.model_dump()["token"] == place


@pytest.mark.parametrize("region", ["13", '"13"'])
def test_a_region_may_be_written_as_a_number(region: str) -> None:
    text = f"[signals.clusters.east]\ncarbon = {{ carbon_intensity_gb = {region} }}\n"
    (source,) = parse(text, "f").signals.clusters["east"].carbon
    assert source == CarbonIntensityGb(carbon_intensity_gb="13")
