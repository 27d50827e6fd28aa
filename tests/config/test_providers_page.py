"""docs/providers.md names every source, every extra and every factor, and nothing else."""

import re
import tomllib
from pathlib import Path

from slurm_energy.config.sources import keys
from slurm_energy.signals.providers.gridstatus import OPERATORS
from slurm_energy.signals.providers.lifecycle import GRAMS

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "docs/providers.md").read_text(encoding="utf-8")
CODE = re.compile(r"`([^`]+)`")


def section(title: str) -> list[list[str]]:
    """The rows of the table under this heading, cell by cell."""
    text = PAGE.split(f"## {title}\n")[1].split("\n## ")[0]
    rows = [line.split("|")[1:-1] for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def test_each_table_names_every_source() -> None:
    for title in ("What they tell", "What they want", "How each was tested"):
        named = {key for row in section(title) for key in CODE.findall(row[0])}
        assert named == set(keys()), title


def test_every_extra_is_one_of_the_project() -> None:
    extras = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    named = set(re.findall(r"slurm-energy\[(\w+)\]", PAGE))
    assert named == {"entsoe", "gridstatus", "parquet"}
    assert named <= set(extras)


def test_the_factors_are_those_that_are_used() -> None:
    told = {row[0].split(",")[0]: float(row[1]) for row in section("Life-cycle factors")}
    assert told == {fuel.value: grams for fuel, grams in GRAMS.items()}


def test_every_operator_is_named() -> None:
    (row,) = (row for row in section("What they tell") if row[0] == "`gridstatus`")
    assert set(OPERATORS) <= set(re.findall(r"[A-Z]+", row[3]))
