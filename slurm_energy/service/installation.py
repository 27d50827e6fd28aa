"""What an administrator does to the files of an installation."""

from pathlib import Path

from slurm_energy.config.load import load
from slurm_energy.config.settings import Settings
from slurm_energy.errors import NotPermitted, SlurmEnergyError
from slurm_energy.slurm.tables import render_rules, write_table
from slurm_energy.state.released import Released


def rules_text(settings: Settings) -> str:
    """The static rules for the submit hook. Raises ``InputError`` where they are too many."""
    return render_rules(settings.to_rules())


def install_rules(config: Path) -> Path:
    """Where the static rules were written. Raises ``ConfigError``, ``NotPermitted``."""
    settings = load(config)
    path, text = settings.daemon.rules_table, rules_text(settings)
    try:
        write_table(path, text)
    except PermissionError as error:
        raise NotPermitted(f"{path} may be written by root only: the hook trusts it") from error
    except OSError as error:
        raise SlurmEnergyError(f"{path} can't be written: {error.strerror}") from error
    return path


def resume_all(config: Path) -> str | None:
    """Why everything had been released, or None where it had not. Raises ``NotPermitted``."""
    released = Released(load(config).daemon.state_directory)
    reason = released.reason()
    if reason is not None:
        released.clear()
    return reason
