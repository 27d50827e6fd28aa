"""The rules' part of the configuration, and that the guide's examples are true."""

import re
import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

from slurm_energy.config import load
from slurm_energy.config.rules import RulesSettings
from slurm_energy.decide.terms.tag import KEYS, parse, read
from slurm_energy.errors import ConfigError
from slurm_energy.model.contract import Region, WorkloadClass
from slurm_energy.model.rules import Mode, Rules
from slurm_energy.slurm.tables import parse_rules, render_rules

GUIDE = (Path(__file__).parents[2] / "docs" / "tags.md").read_text(encoding="utf-8")
TAGS = re.findall(r"energy:[a-z_]+=[^\s\"`…]+", GUIDE)


def settings(text: str) -> RulesSettings:
    return RulesSettings.model_validate(tomllib.loads(text))


def test_nothing_stated_is_the_model_s_default() -> None:
    assert settings("").to_rules() == Rules()


def test_a_class_keeps_what_is_not_changed() -> None:
    rules = settings('[site.classes.training]\nmax_delay = "36h"\nregion = "secondary"').to_rules()
    training = rules.classes[WorkloadClass.TRAINING]
    assert (training.max_delay, training.region) == (36 * 3_600, Region.SECONDARY)
    assert (training.urgency, training.defer) == (40, True)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[site]\nmode = 'on'", "mode"),
        ("[site]\ncolour = 1", "colour"),
        ("[site.clusters.east]\nregion = 'any'", "primary or secondary"),
        ("[site.clusters.east]\njurisdictions = ['EU']", "jurisdictions"),
        ("[site.clusters.'a b']", "clusters"),
        ("[site.classes.unmanaged]\nurgency = 1", "unmanaged"),
        ("[site.classes.training]\nmax_delay = 3600", "not a duration"),
        ("[site.classes.training]\nurgency = 101", "100"),
        ("[[rules]]\nname = 'a'\nclass = 'unmanaged'", "unmanaged"),
        ("[[rules]]\nname = 'tag'\nclass = 'training'", "reserved"),
        ("[[rules]]\nname = 'a b'\nclass = 'training'", "name"),
        ("[[rules]]\nname = 'a'\nclass = 'training'\nmin_time = '1w'", "1w is not a duration"),
        ("[[limits]]\nname = 'a'\nclasses = ['fun']", "classes"),
        ("[[limits]]\nname = 'a'\n[[limits]]\nname = 'a'", "two entries"),
    ],
)
def test_a_fault_is_named(text: str, complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        settings(text)


@pytest.mark.parametrize("named", ["unmanaged", "evaluaton", "Training"])
@pytest.mark.parametrize(
    "text",
    [
        "[[rules]]\nname = 'a'\nclass = '{}'",
        "[[limits]]\nname = 'a'\nclasses = ['training', '{}']",
        "[site.classes.{}]\nurgency = 1",
        "[policy.classes.{}]\ncarbon = 1",
        "[policy.budgets.class_delay]\n{} = '1h'",
        "[[policy.thresholds]]\nclass = '{}'\nabove = 1",
    ],
)
def test_every_class_that_a_complaint_offers_is_taken(text: str, named: str) -> None:
    with pytest.raises(ConfigError) as raised:
        load.parse(text.format(named), "f")
    (line,) = raised.value.problems
    assert f"= '{named}': no class" in line
    offered = line.partition("; use ")[2].replace(" or ", ", ").split(", ")
    assert len(offered) >= 3
    for name in offered:
        load.parse(text.format(name), "f")


def test_the_guide_s_configuration_is_valid_and_reaches_the_hook() -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", GUIDE, flags=re.DOTALL)
    rules = settings(block).to_rules()
    assert rules.mode is Mode.LIVE
    assert parse_rules(render_rules(rules)) == rules


def test_the_guide_names_every_key_with_an_example_that_holds() -> None:
    rows = {}
    for line in GUIDE.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 4 and cells[3].startswith("`"):
            for key in re.findall(r"`([a-z_]+)`", cells[0]):
                rows[key] = re.findall(r"`([^`]+)`", cells[3])
    assert set(rows) == set(KEYS)
    for example in (text for examples in rows.values() for text in examples):
        parse(example)


def test_the_guide_s_tags_are_tags() -> None:
    wrong = {"energy:clas=evaluation", "energy:deadline=tomorrow"}
    shown = {tag for tag in TAGS if not tag.startswith("energy:KEY")}
    assert len(shown) >= 3
    for tag in shown - wrong:
        assert read(tag) is not None
