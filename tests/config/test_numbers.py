"""Every number has bounds, every name a letter, and what makes no sense is refused in one line."""

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from slurm_energy.config.load import parse
from slurm_energy.config.settings import Settings
from slurm_energy.errors import ConfigError

NAN, INF = float("nan"), float("inf")
EAST = "[signals.clusters.east]\n"
POWER = "[power.clusters.east]\n"
COSTS = "[costs.clusters.east]\n"
TARIFF = '[tariffs.night]\nunit = "EUR/MWh"\n'
RULE = '[[rules]]\nname = "a"\nclass = "training"\n'
LATER = '[[policy.thresholds]]\nclass = "training"\n'


def tables(inside: object) -> Iterator[type[BaseModel]]:
    """Every table that a type holds, and those within them."""
    if isinstance(inside, type) and issubclass(inside, BaseModel):
        yield inside
        for field in inside.model_fields.values():
            yield from tables(field.annotation)
    for part in get_args(inside):
        yield from tables(part)


def is_number(inside: object) -> bool:
    """Whether a setting of this type is a plain number, or may be one."""
    if get_origin(inside) in (Union, UnionType, Annotated):
        return any(map(is_number, get_args(inside)))
    return inside in (int, float)


def numbers() -> list[tuple[str, FieldInfo]]:
    """Every number of the schema, by its table's name and its own."""
    return sorted(
        {
            f"{table.__name__}.{name}": field
            for table in tables(Settings)
            for name, field in table.model_fields.items()
            if is_number(field.annotation)
        }.items()
    )


NUMBERS = numbers()


def faults(text: str) -> tuple[str, ...]:
    """What is wrong with this file; nothing where it is taken."""
    try:
        parse(text, "f")
    except ConfigError as error:
        return tuple(error.problems)
    return ()


def test_there_are_numbers_to_ask_about() -> None:
    names = [name for name, _ in NUMBERS]
    assert {"RatesSettings.gpu_hour", "PolicySettings.busy_hours", "Constant.constant"} <= {*names}


@pytest.mark.parametrize(("name", "field"), NUMBERS, ids=[name for name, _ in NUMBERS])
def test_no_number_is_without_bounds(name: str, field: FieldInfo) -> None:
    """The values of sources and thresholds are bounded by the signal beside them, see below."""
    told: Any = Annotated[field.annotation, Field(), *field.metadata]
    one: TypeAdapter[Any] = TypeAdapter(told, config=ConfigDict(allow_inf_nan=False))
    by_signal = name in ("Constant.constant", "ThresholdSettings.above")
    for value in (NAN, INF, -INF) if by_signal else (NAN, INF, -INF, 1e30, -1e30):
        with pytest.raises(ValidationError):
            one.validate_python(value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{EAST}carbon = {{ constant = -5 }}", "carbon: constant -5 gCO2eq/kWh can't be; allowed"),
        (f"{EAST}carbon = {{ constant = 3001 }}", "allowed 0 to 3000"),
        (f"{EAST}price = {{ constant = 1e9 }}", "price: constant 1e+09 per MWh can't be; allowed"),
        (
            f"{EAST}temperature = {{ constant = 290 }}",
            "allowed -90 to 60; write what it is in degC",
        ),
        (f"{EAST}carbon = {{ constant = 1e400 }}", "carbon.0.constant = inf"),
        (f'{EAST}carbon = {{ csv = "/a", value = "" }}', "value = '': String should have at least"),
        (f"{LATER}above = -1", "above -1 gCO2eq/kWh can't be; allowed 0 to 3000"),
        (f"{POWER}limit_kw = nan", "limit_kw = nan: Input should be a finite number"),
        (f"{POWER}limit_kw = 0", "limit_kw = 0: Input should be greater than 0"),
        (f"{POWER}limit_kw = 1e7", "limit_kw = 10000000.0: Input should be less than or equal"),
        (f"{POWER}base_kw = -1", "base_kw = -1: Input should be greater than or equal to 0"),
        ("[power]\ncpu_watts = -5", "cpu_watts = -5: Input should be greater than or equal to 0"),
        ("[power.gpus.h100]\nidle_watts = -1", "idle_watts = -1"),
        ('[power.gpus.""]\nidle_watts = 1\nactive_watts = 2', "String should have at least 1"),
        (f"{COSTS}pue = 0.9", "pue = 0.9: Input should be greater than or equal to 1"),
        (f"{COSTS}pue = nan", "pue = nan: Input should be a finite number"),
        (f"{TARIFF}base = -1e9", "base = -1000000000.0: Input should be greater than or equal"),
        ("[policy]\nbusy_hours = inf", "busy_hours = inf: Input should be a finite number"),
        ("[policy]\nleast_gain = nan", "least_gain = nan: Input should be a finite number"),
        ('[policy]\nhorizon = "30d"', "Input should be less than or equal to 604800"),
        ('[policy]\nslot = "1s"', "slot 1 s makes 172800 slots of the horizon; at most 5000"),
        ('[policy]\nmargin = "999d"', "999d is not a duration; write 30m, 24h or 3d, 366d at most"),
        ('[policy]\nmargin = "-5m"', "-5m is not a duration; write 30m, 24h or 3d, 366d at most"),
        ("[policy.classes.training]\ncarbon = nan", "carbon = nan: Input should be a finite"),
        ("[policy.budgets]\ndeferred_share = 20", "deferred_share = 20: Input should be less than"),
        ('[ledger]\nurl = ""', "ledger.url: String should have at least 1 character"),
        ('[ledger]\nurl = "postgresql://us:hush@db/x"', "ledger.url: it holds a password; put"),
        ('[ledger]\nurl = "host=db password=hush"', "ledger.url: it holds a password; put that"),
        ('[ledger]\nurl = "db.example"', "ledger.url: it is no PostgreSQL URL; such as"),
        (f"{RULE}min_gpus = 8\nmax_gpus = 4", "min_gpus is above max_gpus: no job matches"),
        (f'{RULE}min_time = "2h"\nmax_time = "1h"', "min_time is above max_time"),
    ],
)
def test_what_makes_no_sense_is_one_line_that_names_it(text: str, told: str) -> None:
    (fault,) = faults(text)
    assert fault.startswith("f: ")
    assert told in fault
    assert "\n" not in fault


@pytest.mark.parametrize("value", ["-500", "0", "1e7"])
def test_a_price_may_be_negative(value: str) -> None:
    (source,) = parse(f"{EAST}price = {{ constant = {value} }}", "f").signals.clusters["east"].price
    assert source.model_dump()["constant"] == float(value)


@given(
    table=st.sampled_from(["policy", "power", "costs", "signals", "ledger", "slurm", "site"]),
    key=st.sampled_from(["slot", "clusters", "classes", "gpus", "conf", "thresholds", "budgets"]),
    value=st.recursive(
        st.sampled_from(["nan", "-1", "true", '""', '"x"', "1979-05-27", "[]", "{}"]),
        lambda inner: inner.map(lambda one: f"[{one}]") | inner.map(lambda one: f"{{ a = {one} }}"),
        max_leaves=4,
    ),
)
def test_whatever_is_written_settings_or_lines_come_of_it(table: str, key: str, value: str) -> None:
    lines = faults(f"[{table}]\n{key} = {value}\n")
    assert all("\n" not in line and line.startswith("f: ") for line in lines)
