"""Which cluster stands beside us, without asking a slurmctld that may not be up yet."""

import re
from pathlib import Path

from slurm_energy.errors import ConfigError

SLURM_CONF = Path("/etc/slurm/slurm.conf")

_NAME = re.compile(r"^\s*ClusterName\s*=\s*([A-Za-z0-9._-]+)", re.IGNORECASE | re.MULTILINE)


def cluster_name(conf: Path) -> str:
    """ClusterName in a slurm.conf. Raises :class:`~slurm_energy.errors.ConfigError`."""
    try:
        match = _NAME.search(conf.read_text(encoding="utf-8", errors="replace"))
    except OSError as error:
        raise ConfigError(
            [f"{conf} can't be read ({error.strerror}); set daemon.cluster to the cluster here"]
        ) from error
    if match is None:
        raise ConfigError([f"{conf} names no ClusterName; set daemon.cluster to the cluster here"])
    return match[1].lower()
