from pathlib import Path

from slurm_energy.cli import main
from slurm_energy.cli.document import document

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"


def test_the_page_is_what_the_verbs_say() -> None:
    assert PAGE.read_text() == document()


def test_every_verb_has_json() -> None:
    verbs = [verb for verb in main.commands.values() if not hasattr(verb, "commands")]
    assert len(verbs) == 8
    for verb in verbs:
        assert any("--json" in parameter.opts for parameter in verb.params)
