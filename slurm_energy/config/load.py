"""From a TOML file to settings, or every fault of the file at once."""

import tomllib
from pathlib import Path

from pydantic import ValidationError

from slurm_energy.config.settings import Settings
from slurm_energy.errors import ConfigError

DEFAULT_PATH = Path("/etc/slurm-energy/slurm-energy.toml")


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
        where = ".".join(str(part) for part in fault["loc"]) or "file"
        told = fault["msg"].removeprefix("Value error, ")
        if fault["type"] == "extra_forbidden":
            told = "no such setting; docs/configuration.md lists them all"
        value = fault["input"]
        shown = "" if isinstance(value, dict | list) else f" = {value!r}"
        lines.append(f"{where}{shown}: {told}")
    return lines
