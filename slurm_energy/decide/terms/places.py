"""Where a contract lets a job run: jurisdictions and region against the site's clusters."""

from slurm_energy.decide.terms.refusal import refuse
from slurm_energy.model.contract import Contract, Region
from slurm_energy.model.rules import ClusterRule, Rules


def permitted_clusters(rules: Rules, contract: Contract) -> tuple[str, ...]:
    """Names of the clusters on which the contract lets the job run, in the site's order.

    Raises ``TagError`` where there is none. A site that states no clusters has one cluster, and
    region means nothing there: the answer is empty.
    """
    names = tuple(c.name for c in rules.clusters if _admits(c, contract))
    if rules.clusters and not names:
        raise refuse(f"{_wish(contract)} leaves no cluster; {_clusters_there(rules)}")
    return names


def _admits(cluster: ClusterRule, contract: Contract) -> bool:
    own = cluster.jurisdictions
    resident = not contract.residency or (
        bool(own) and all(name in contract.residency for name in own)
    )
    return resident and contract.region in (Region.ANY, cluster.region)


def _wish(contract: Contract) -> str:
    words = ["residency=" + "+".join(contract.residency)] if contract.residency else []
    if contract.region is not Region.ANY:
        words.append(f"region={contract.region}")
    return " and ".join(words)


def _clusters_there(rules: Rules) -> str:
    told = ", ".join(
        f"{c.name} ({c.region}, {'+'.join(c.jurisdictions) or 'no jurisdiction'})"
        for c in rules.clusters
    )
    stated = [c.jurisdictions for c in rules.clusters if c.jurisdictions]
    cure = f", e.g. energy:residency={'+'.join(stated[0])}" if stated else ""
    return f"there are {told}{cure}"
