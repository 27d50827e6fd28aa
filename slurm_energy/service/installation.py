"""What an administrator does to the files of an installation."""

from pathlib import Path

from slurm_energy.config.load import load
from slurm_energy.config.references import strangers
from slurm_energy.config.settings import Settings
from slurm_energy.errors import ConfigError, NotPermitted, SlurmEnergyError
from slurm_energy.slurm.localcluster import SLURM_CONF, cluster_name
from slurm_energy.slurm.tables import render_rules, write_table
from slurm_energy.state.released import Released


def rules_text(settings: Settings) -> str:
    """The static rules for the submit hook. Raises ``InputError`` where they are too many."""
    return render_rules(settings.to_rules())


def no_cluster_here(settings: Settings, conf: Path = SLURM_CONF) -> list[str]:
    """Without ``[site.clusters]`` there is one cluster: whatever is said of another, one line each.

    Nothing where neither ``daemon.cluster`` nor Slurm's own file tells which that is.
    """
    if settings.site.clusters:
        return []
    try:
        here = settings.daemon.cluster or cluster_name(conf)
    except ConfigError:
        return []
    told = "daemon.cluster" if settings.daemon.cluster else f"ClusterName in {conf}"
    return [
        f"{place} is not the cluster here; allowed: {here} ({told}); mend the name, or state "
        "every cluster of the federation in [site.clusters.NAME]"
        for place in strangers(settings, {here})
    ]


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
