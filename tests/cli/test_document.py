from collections.abc import Iterator
from pathlib import Path

import click

from slurm_energy.cli import main
from slurm_energy.cli.document import document

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"


def test_the_page_is_what_the_verbs_say() -> None:
    assert PAGE.read_text() == document()


def leaves(group: click.Group) -> Iterator[click.Command]:
    """Everything that prints something."""
    for verb in group.commands.values():
        if isinstance(verb, click.Group):
            yield from leaves(verb)
        if not isinstance(verb, click.Group) or verb.invoke_without_command:
            yield verb


def test_every_verb_has_json() -> None:
    verbs = list(leaves(main))
    assert {"status", "signals", "test", "import", "show"} <= {str(verb.name) for verb in verbs}
    for verb in verbs:
        assert any("--json" in parameter.opts for parameter in verb.params), verb.name
