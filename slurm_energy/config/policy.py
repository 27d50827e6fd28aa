"""From settings to the policy the planner takes."""

from collections.abc import Mapping
from dataclasses import fields, replace

from slurm_energy.config.settings import ClassPolicySettings, PolicySettings, SignalsSettings
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.policy import DEFAULT_CLASSES, ClassPolicy, Policy


def policy(settings: PolicySettings, signals: SignalsSettings) -> Policy:
    """The policy; a signal that no cluster has configured weighs nothing."""
    plain = settings.model_dump(exclude={"classes", "wait_quantile"})
    weighed = {
        name: any(getattr(sources, name) is not None for sources in signals.clusters.values())
        for name in ("carbon", "price")
    }
    speed = 1.0 if signals.replay is None else signals.replay.speed
    return Policy(classes=_classes(settings.classes, weighed), **plain).scaled(speed)


def _classes(
    changes: Mapping[WorkloadClass, ClassPolicySettings], weighed: Mapping[str, bool]
) -> Mapping[WorkloadClass, ClassPolicy]:
    return {
        name: _only_weighed(_changed(kind, changes.get(name)), weighed)
        for name, kind in DEFAULT_CLASSES.items()
    }


def _changed(kind: ClassPolicy, settings: ClassPolicySettings | None) -> ClassPolicy:
    if settings is None:
        return kind
    given = settings.model_dump(exclude_none=True)
    return replace(kind, **{f.name: given[f.name] for f in fields(kind) if f.name in given})


def _only_weighed(kind: ClassPolicy, weighed: Mapping[str, bool]) -> ClassPolicy:
    return replace(
        kind,
        carbon=kind.carbon if weighed["carbon"] else 0.0,
        price=kind.price if weighed["price"] else 0.0,
    )
