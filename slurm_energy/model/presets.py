"""Named trade-offs a site can begin with; single settings of the configuration override them."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.policy import DEFAULT_CLASSES, ClassPolicy, Policy

DEFERRABLE = (WorkloadClass.NEARLINE, WorkloadClass.TRAINING, WorkloadClass.EVALUATION)
"""Classes that can be put off at all: the presets differ in these."""


def _each(change: Callable[[ClassPolicy], ClassPolicy]) -> Mapping[WorkloadClass, ClassPolicy]:
    """The default classes, those that can be put off changed."""
    return {
        name: change(kind) if name in DEFERRABLE else kind for name, kind in DEFAULT_CLASSES.items()
    }


def _carbon_first(kind: ClassPolicy) -> ClassPolicy:
    return replace(kind, carbon=1.0, price=0.0, delay=0.0)


def _cost_first(kind: ClassPolicy) -> ClassPolicy:
    return replace(kind, carbon=0.0, price=1.0)


def _performance_first(kind: ClassPolicy) -> ClassPolicy:
    return replace(kind, delay=10 * kind.delay, urgency=1.0, energy=0.0)


PRESETS: Mapping[str, Policy] = {
    "balanced": Policy(),
    "carbon-first": Policy(classes=_each(_carbon_first), least_gain=0.0),
    "cost-first": Policy(classes=_each(_cost_first)),
    "performance-first": Policy(classes=_each(_performance_first), least_gain=0.5),
}
"""``balanced`` weighs carbon and price alike, with a small price on delay. ``carbon-first`` knows
no price and no price on delay, and takes small gains. ``cost-first`` knows no carbon.
``performance-first`` waits for large gains only, and briefly: ten times the price on delay."""
