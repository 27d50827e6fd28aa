"""From a TOML file to settings, or every fault of the file at once."""

import tomllib
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from slurm_energy.config.settings import Settings
from slurm_energy.errors import ConfigError

DEFAULT_PATH = Path("/etc/slurm-energy/slurm-energy.toml")

_SECRET = ("token", "password", "url")
"""Ends of names of settings that point at a secret; people paste the secret itself there."""


def load(path: Path) -> Settings:
    """The settings in ``path``. Raises :class:`ConfigError` with one line per fault."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path} can't be read: {error}"]) from error
    return parse(text, str(path))


def parse(text: str, name: str) -> Settings:
    """The settings in TOML ``text``; ``name`` stands before every fault."""
    try:
        return Settings.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{name} is not TOML: {error}"]) from error
    except ValidationError as error:
        raise ConfigError([f"{name}: {line}" for line in _faults(error)]) from error


def _faults(error: ValidationError) -> list[str]:
    """One line per fault: where, the value, what is allowed."""
    lines = []
    for fault in error.errors(include_url=False):
        told = fault["msg"].removeprefix("Value error, ")
        if fault["type"] == "extra_forbidden":
            told = "no such setting; docs/configuration.md lists them all"
        lines.append(f"{_where(fault['loc'])}{_shown(fault)}: {told}")
    return lines


def _where(place: tuple[int | str, ...]) -> str:
    """``signals.clusters.east.carbon.0.watttime``: a key that also tells its table, once."""
    parts = [str(part) for part in place if part != "[key]"]
    once = [part for number, part in enumerate(parts) if number == 0 or parts[number - 1] != part]
    return ".".join(once) or "file"


def _shown(fault: ErrorDetails) -> str:
    """The value; of a table its settings; nothing where somebody may have pasted a secret."""
    value, name = fault["input"], str(fault["loc"][-1]) if fault["loc"] else ""
    if isinstance(value, dict) and fault["type"] == "source":
        return f" has {', '.join(map(str, value)) or 'nothing'}"
    hidden = isinstance(value, dict | list) or name.endswith(_SECRET)
    return "" if hidden else f" = {value!r}"
