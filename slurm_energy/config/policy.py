"""From settings, or a name on the command line, to the policy the planner takes."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from slurm_energy.config.load import load
from slurm_energy.config.settings import (
    BudgetSettings,
    ClassPolicySettings,
    PolicySettings,
    SignalsSettings,
    ThresholdSettings,
)
from slurm_energy.errors import ConfigError
from slurm_energy.model.budget import Budgets
from slurm_energy.model.policy import ClassPolicy, Policy, Threshold
from slurm_energy.model.presets import PRESETS
from slurm_energy.model.series import Signal

_OF_THEIR_OWN = {"preset", "classes", "wait_quantile", "thresholds", "budgets"}
"""Settings that are no plain value of :class:`Policy`."""


def policy(settings: PolicySettings, signals: SignalsSettings) -> Policy:
    """The daemon's policy; a signal that no cluster has configured weighs nothing."""
    found = signals.clusters.values()
    speed = 1.0 if signals.replay is None else signals.replay.speed
    return weighing(
        preferred(settings),
        carbon=any(one.carbon for one in found),
        price=any(one.price for one in found),
    ).scaled(speed)


def policy_named(name_or_path: str) -> Policy:
    """A preset by its name, or the ``[policy]`` table of a TOML file, for a trial.

    Raises :class:`ConfigError` in one line for anything else.
    """
    if name_or_path in PRESETS:
        return PRESETS[name_or_path]
    path = Path(name_or_path)
    if not path.is_file():
        presets = ", ".join(PRESETS)
        raise ConfigError([f"policy {name_or_path} is neither a preset ({presets}) nor a file"])
    return preferred(load(path).policy)


def preferred(settings: PolicySettings) -> Policy:
    """The preset, with what the file says instead."""
    base = PRESETS[settings.preset]
    plain: dict[str, Any] = settings.model_dump(include=settings.model_fields_set - _OF_THEIR_OWN)
    return replace(
        base,
        classes={
            name: _changed(kind, settings.classes.get(name)) for name, kind in base.classes.items()
        },
        thresholds=tuple(_threshold(clause) for clause in settings.thresholds),
        budgets=_budgets(settings.budgets),
        **plain,
    )


def weighing(found: Policy, *, carbon: bool, price: bool) -> Policy:
    """``found`` where only some signals exist: one that does not weighs nothing."""
    return replace(
        found,
        classes={
            name: replace(
                kind,
                carbon=kind.carbon if carbon else 0.0,
                price=kind.price if price else 0.0,
            )
            for name, kind in found.classes.items()
        },
    )


def _changed(kind: ClassPolicy, settings: ClassPolicySettings | None) -> ClassPolicy:
    if settings is None:
        return kind
    given = settings.model_dump(exclude_none=True)
    return replace(kind, **{f.name: given[f.name] for f in fields(kind) if f.name in given})


def _threshold(clause: ThresholdSettings) -> Threshold:
    signal = Signal.CARBON if clause.signal == "carbon" else Signal.PRICE
    return Threshold(clause.workload_class, signal, clause.above, clause.while_ahead_below)


def _budgets(settings: BudgetSettings) -> Budgets:
    return Budgets(**settings.model_dump())
