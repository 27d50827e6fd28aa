"""``slurm-energy config show | check | install-rules``."""

import json
from typing import Any

import click

from slurm_energy.cli.context import Context, json_option, pass_context, put
from slurm_energy.cli.exits import Exit
from slurm_energy.config.load import load
from slurm_energy.errors import ConfigError
from slurm_energy.service.installation import install_rules, no_cluster_here, rules_text


@click.group()
def config() -> None:
    """Show, check and put into effect the configuration."""


@config.command()
@json_option
@pass_context
def show(context: Context, as_json: bool) -> None:
    """Every setting that holds, defaults included. It names no passwords."""
    settings = json.loads(load(context.config).model_dump_json(by_alias=True))
    put(settings, as_json, lambda screen: _lines(settings))  # noqa: ARG005


@config.command()
@json_option
@pass_context
def check(context: Context, as_json: bool) -> None:
    """Every fault of the file at once; exit code 1 where there is one."""
    try:
        settings = load(context.config)
        rules_text(settings)
        problems = [f"{context.config}: {line}" for line in no_cluster_here(settings)]
    except ConfigError as error:
        problems = list(error.problems)
    answer = {"problems": problems}
    put(answer, as_json, lambda screen: problems or [f"{context.config}: fine"])  # noqa: ARG005
    click.get_current_context().exit(Exit.PROBLEM if problems else Exit.OK)


@config.command("install-rules")
@json_option
@pass_context
def install(context: Context, as_json: bool) -> None:
    """Write the static rules for the submit hook of this controller, as root."""
    path = install_rules(context.config)
    put({"written": str(path)}, as_json, lambda screen: [f"written: {path}"])  # noqa: ARG005


def _lines(settings: dict[str, Any], prefix: str = "") -> list[str]:
    """``table.key = value``, one setting a line."""
    lines = []
    for key, value in settings.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and value:
            lines += _lines(value, f"{name}.")
        else:
            lines.append(f"{name} = {json.dumps(value, ensure_ascii=False)}")
    return lines
