"""What a SiteFactor adds up from, in words; nothing is computed here."""

from collections.abc import Mapping
from typing import Any

from slurm_energy.cli.context import Screen
from slurm_energy.cli.words import duration, wrapped

BOOST_TERMS = (
    "boost",
    "boost_most",
    "boost_step",
    "ramp",
    "ramp_share",
    "weight_urgency",
    "weight_waiting",
    "waiting_regret",
)


def boost(terms: Mapping[str, Any], screen: Screen) -> list[str]:
    """The sum, and the product behind its first part; nothing where it was not recorded."""
    most = terms.get("boost_most")
    if most is None:
        return []
    age = terms.get("age_given_back") or 0
    if not most:
        line = "  SiteFactor: nothing to give, since age gives no points on this cluster"
        return wrapped(line, screen.width)
    lines = wrapped(
        f"  SiteFactor: {terms['boost']} for urgency and waiting, {age} for age given back",
        screen.width,
    )
    if terms["ramp_share"] == 0:
        return lines + wrapped(f"    0 because {_slack(terms)}", screen.width)
    product = (
        f"    {terms['boost']} is {most} at most x {terms['ramp_share']:.4g} ({_slack(terms)}) x "
        f"({terms['weight_urgency']:g} x urgency {terms['urgency']}/100 + "
        f"{terms['weight_waiting']:g} x {terms['waiting_regret']:.4g} for waiting, together at most"
        f" 1), down to whole steps of {terms['boost_step']}"
    )
    return lines + wrapped(product, screen.width)


def _slack(terms: Mapping[str, Any]) -> str:
    """Where its slack is on its class's ramp."""
    ramp, slack = terms.get("ramp"), terms.get("slack")
    if ramp is None:
        return "its class has it whatever its slack"
    if slack is None:
        return "nothing bounds its start" if terms["ramp_share"] == 0 else "it may not wait at all"
    if slack >= ramp:
        return f"it has {duration(slack)} of slack, and points come below {duration(ramp)}"
    return f"{duration(max(0, slack))} of slack is left of the last {duration(ramp)}"
