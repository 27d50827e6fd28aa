"""The daemon's configuration in a live test."""

from datetime import UTC, datetime

from tests.lab.grid import RECORDED, SPEED

CARBON = "/etc/slurm-energy/carbon.csv"
PRICE = "/etc/slurm-energy/price.csv"


def settings(mode: str, daemon: str, slurm: str, site: str, shown_at: int) -> str:
    """The configuration, its replay showing :data:`RECORDED` at that time."""
    at = datetime.fromtimestamp(shown_at, UTC)
    signals = "".join(
        f"""
[signals.clusters.{name}]
carbon = {{ csv = "{CARBON}" }}
price = {{ csv = "{PRICE}" }}
"""
        for name in ("east", "west")
    )
    return f"""{without_signals(mode, daemon, slurm, site)}{signals}
[signals.replay]
start = "{RECORDED.isoformat()}"
at = "{at.isoformat()}"
speed = {SPEED}
"""


def without_signals(mode: str, daemon: str, slurm: str = "", site: str = "") -> str:
    """The configuration but for its signals: two clusters, and how both are reached."""
    return f"""
[site]
mode = "{mode}"
{site}
[site.clusters.east]
region = "primary"
jurisdictions = ["eu"]

[site.clusters.west]
region = "secondary"
jurisdictions = ["us"]

[daemon]
{daemon}

[slurm]
{slurm}
[slurm.conf]
east = "/etc/slurm-energy/clusters/east.conf"
west = "/etc/slurm-energy/clusters/west.conf"

[ledger]
url = "postgresql://slurm_energy@east/slurm_energy?passfile=/etc/slurm-energy/pgpass"
"""
