"""``docs/configuration.md``, made from the schema: ``python -m slurm_energy.config.document``."""

import sys
from collections.abc import Iterator
from typing import get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from slurm_energy.config.settings import Settings
from slurm_energy.decide.terms.tagtime import render_duration
from slurm_energy.model.presets import DEFERRABLE, PRESETS

_HEAD = """# Configuration

Made from `slurm_energy/config` by `python -m slurm_energy.config.document`; do not edit.

One TOML file, `/etc/slurm-energy/slurm-energy.toml`, the same on every controller;
`etc/slurm-energy.toml` is an example to begin with. `slurm-energy config check` names every fault
at once, `systemctl reload slurm-energyd` takes a change over (an invalid file keeps the running
one), and `slurm-energy config install-rules`, as root on every controller, renders the part that
the submit hook reads. Durations are written `90s`, `30m`, `12h`, `3d`. Without a file every
setting has its default: mode shadow, one cluster, no signals, nothing changed.
"""

_KEYED = {
    "calendars": "NAME",
    "tariffs": "NAME",
    "site.clusters": "CLUSTER",
    "site.classes": "CLASS",
    "signals.clusters": "CLUSTER",
    "policy.classes": "CLASS",
    "costs.clusters": "CLUSTER",
    "costs.clusters.CLUSTER.partitions": "PARTITION",
    "power.clusters": "CLUSTER",
    "power.gpus": "TYPE",
}
"""Tables whose entries are named by the site."""


def document() -> str:
    """The page as Markdown: a section per table of the file."""
    return _HEAD + "".join(_section(Settings, "", set())) + "".join(_presets())


def _section(
    model: type[BaseModel], path: str, shown: set[type[BaseModel]], choice: str = ""
) -> Iterator[str]:
    """A table's settings, then its inner tables; one that stands elsewhere too is shown once.

    ``choice`` is the setting by which it is told from others that may stand in its place.
    """
    nested = {name: _models(field) for name, field in model.model_fields.items()}
    plain = [name for name, models in nested.items() if not models]
    if path:
        yield f"\n## `{path}`{choice}\n\n{(model.__doc__ or '').strip().splitlines()[0]}\n"
    if plain:
        yield "\n| setting | default | meaning |\n|---|---|---|\n"
        yield from (_row(model, name) for name in plain)
    for name, models in nested.items():
        for inner in models:
            if inner not in shown:
                shown.add(inner)
                choice = f" with `{_key(inner)}`" if len(models) > 1 else ""
                yield from _section(inner, _heading(path, name), shown, choice)


def _key(model: type[BaseModel]) -> str:
    """The setting that tells a table from others in its place: the first that is required."""
    fields = model.model_fields.items()
    return next((name for name, field in fields if field.is_required()), "")


def _presets() -> Iterator[str]:
    """What each preset sets for the classes that can be put off."""
    yield "\n## Presets\n\n"
    yield "`slurm-energy simulate --policy` takes the same names. "
    yield "What `[policy]` and `[policy.classes.CLASS]` say goes before the preset.\n\n"
    yield "| preset | class | `carbon` | `price` | `delay` | `ramp` | `urgency` | `energy` "
    yield "| `least_gain` |\n|---|---|---|---|---|---|---|---|---|\n"
    for name, preset in PRESETS.items():
        for workload_class in DEFERRABLE:
            kind = preset.classes[workload_class]
            ramp = "always" if kind.ramp is None else render_duration(kind.ramp)
            yield (
                f"| `{name}` | {workload_class.value} | {kind.carbon:g} | {kind.price:g} "
                f"| {kind.delay:g} | {ramp} | {kind.urgency:g} | {kind.energy:g} "
                f"| {preset.least_gain:g} |\n"
            )


def _heading(path: str, name: str) -> str:
    where = f"{path.strip('[]')}.{name}".removeprefix(".")
    tables = ("rules", "limits", "policy.thresholds", "power.clusters.CLUSTER.schedule")
    if where in tables or where.endswith(".bands"):
        return f"[[{where}]]"
    return f"[{where}.{_KEYED[where]}]" if where in _KEYED else f"[{where}]"


def _models(field: FieldInfo) -> list[type[BaseModel]]:
    """Tables inside a setting: those of a dict, a list or a choice, too."""
    found: list[type[BaseModel]] = []
    pending: list[object] = [field.annotation]
    while pending:
        kind = pending.pop(0)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found.append(kind)
        pending += get_args(kind)
    return found


def _row(model: type[BaseModel], name: str) -> str:
    field = model.model_fields[name]
    return f"| `{field.alias or name}` | {_default(model, name)} | {field.description} |\n"


def _default(model: type[BaseModel], name: str) -> str:
    """As a person would write it in the file."""
    field = model.model_fields[name]
    if field.is_required():
        return "required"
    if field.get_default(call_default_factory=True) in (None, (), {}, ""):
        return "none"
    value = model.model_construct().model_dump(mode="json", include={name})[name]
    return f"`{', '.join(value) if isinstance(value, list) else value}`"


if __name__ == "__main__":
    sys.stdout.write(document())
